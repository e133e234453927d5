"""Processes, ports and the terminal of the commands."""
