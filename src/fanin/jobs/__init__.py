"""Jobs: endpoints that are asked now, and whose answers come later than a gateway waits.

`job.py` has the steps of a job's state, `service.py` what clients may do, `run.py` and `callback.py` what workers do.
They know no web framework, and stores and queues come in as protocols (`store.py`, `message.py`).
"""
