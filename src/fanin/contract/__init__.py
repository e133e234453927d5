"""What every way in promises: outcomes become status, headers and body."""
