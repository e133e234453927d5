"""The policies of a pipeline, one a file."""
