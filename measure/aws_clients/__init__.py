"""What a client of AWS's services adds to a cold start."""
