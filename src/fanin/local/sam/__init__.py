"""Building with AWS SAM."""
