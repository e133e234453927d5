"""FastAPI, Django and Django's admin in one process, under one Uvicorn: `make serve`."""
