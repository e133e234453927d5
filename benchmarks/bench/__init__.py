"""What a call costs: fanin beside its peers."""
