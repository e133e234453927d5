"""The client that waits on the event loop.

`Transport` (`client.py`) is one of httpx's transports, and the only module that knows httpx. `pool.py` keeps
connections and opens new ones, towards the addresses that a `Resolve` allows (`dial.py`). `connection.py` brings what
its socket reads to an answer, which hands the body out as it comes.
"""
