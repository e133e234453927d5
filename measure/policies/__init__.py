"""What the policies of a source cost where nothing fails."""
