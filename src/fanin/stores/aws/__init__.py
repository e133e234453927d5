"""Tables in DynamoDB, queues in SQS, buckets in S3: the one place that knows how these are spoken to."""
