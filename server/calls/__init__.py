"""The call log: each call of a source that the server has made, for the admin to search."""
