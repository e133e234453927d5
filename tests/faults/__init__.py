"""What upstreams do wrong, and what must not follow from it."""
