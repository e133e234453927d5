"""The execution models: how the calls of one request run. Each a file, to be read side by side."""
