"""The ways in of AWS Lambda: events in, answers out."""
