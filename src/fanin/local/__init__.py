"""What `make run` starts besides the stack; nothing here is deployed."""
