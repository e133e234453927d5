"""The event loop of a function."""

import asyncio
import selectors


class FunctionLoop(asyncio.SelectorEventLoop):
    """Asyncio's own loop, which says what it watches: whoever calls it may wait for more at once."""

    def __init__(self) -> None:
        self.watches = selectors.DefaultSelector()
        """The connections, signals and threads that it waits for."""
        super().__init__(self.watches)
