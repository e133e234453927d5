"""The console: what the page reads, and who may."""
