"""`make serve`: FastAPI, Django and its admin in one process."""
