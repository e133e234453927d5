"""Answer one HTTP request with data from many APIs."""

__version__ = "0.1.0"
