"""What is under requests: connections whose every wait ends with the call's time, and answers read strictly.

`Adapter` is requests' way to urllib3's pools. Their connections (`connection.py`) go to checked addresses over bounded
sockets (`sockets.py`), and read what comes back within limits (`answer.py`).
"""

from fanin.sources.blocking.bounds import Bounds, bounded
from fanin.sources.blocking.connection import Adapter

__all__ = ["Adapter", "Bounds", "bounded"]
