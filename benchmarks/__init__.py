"""What the measurements of this repository are made of."""
