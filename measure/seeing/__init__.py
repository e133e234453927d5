"""What log lines and metrics cost a request and a cold start, ours beside those of Powertools for AWS Lambda."""
