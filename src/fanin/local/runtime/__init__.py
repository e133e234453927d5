"""Lambda's side of the Runtime API on this machine, and a function URL in front of it: streams without an account."""
