"""The applications of the functions under servers that have nothing of Lambda, as anybody may run them."""
