"""The demo upstream itself."""
