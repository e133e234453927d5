"""The cache, one job a file: what is kept, under which key, for how long, and who asks when it is not there."""
