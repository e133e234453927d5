"""What would make a cold start shorter: each idea beside the functions as they are."""
