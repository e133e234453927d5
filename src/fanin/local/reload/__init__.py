"""`make serve` in a project: the gateway under Uvicorn, in one process, started again after every change."""
