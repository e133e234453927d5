"""What is told of a request under a server, once it has been answered."""

from typing import Self

from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock
from fanin.observability.served import Served, Watch, tell


class Telling:
    """A request under way, of which is told at its end.

    Many requests share a server's processor. So nobody knows how long one of them used it, and all the time in which a
    call is under way counts as waiting.

    Args:
        watch: is told.
        clock: measures how long the request takes.
        invocation: what is known of it.
        method: the HTTP method.
        path: percent-encoded, without the query.

    Attributes:
        status: the answer's. The server answers 500 where there is none.
    """

    def __init__(self, watch: Watch, clock: Clock, invocation: Invocation, method: str, path: str) -> None:
        self._watch = watch
        self._clock = clock
        self._invocation = invocation
        self._method, self._path = method, path
        self._began = clock()
        self.status = 500

    def __enter__(self) -> Self:
        """Serve within."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tell."""
        tell(
            self._watch,
            Served(
                method=self._method,
                path=self._path,
                status=self.status,
                seconds=self._clock() - self._began,
                results=self._invocation.results,
                about=self._invocation.about,
                trace=self._invocation.trace_context,
            ),
        )
