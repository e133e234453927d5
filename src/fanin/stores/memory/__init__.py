"""Tables, queues and buckets in the memory of one process, for a server without AWS and for tests."""
