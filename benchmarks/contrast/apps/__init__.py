"""The applications that are measured beside the functions' own: each what somebody might write, in a few lines."""
