"""The client that blocks its thread, every wait of it bounded by what is left of its call's time.

`Adapter` (`client.py`) is what requests sends over. `pool.py` keeps connections and opens new ones, towards checked
addresses (`dial.py`). `connection.py` has one socket, and the answer that is read from it. `bounds.py` says what a
call is held to.
"""
