"""An httpx transport over asyncio and llhttp, which connects to checked addresses only.

`Transport` keeps connections (`connection.py`), opens them towards the addresses that a `Resolve` allows (`dial.py`),
sends requests (`request_bytes.py`) and hands out bodies as they arrive (`answer.py`).
"""

from fanin.sources.transport.answer import ClosedUnanswered, HeadTooLarge
from fanin.sources.transport.dial import IPAddress, Resolve
from fanin.sources.transport.pool import Transport

__all__ = ["ClosedUnanswered", "HeadTooLarge", "IPAddress", "Resolve", "Transport"]
