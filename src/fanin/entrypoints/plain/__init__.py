"""The way in without a framework, for contrast."""
