"""The way in by FastAPI: every endpoint a real route, and what handlers written by hand need."""
