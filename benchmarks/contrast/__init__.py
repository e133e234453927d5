"""What each execution model costs: measured, recomputable, and told in words that follow from the figures."""
