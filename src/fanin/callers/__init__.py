"""Who asks: one room for each kind of credentials that clients have."""
