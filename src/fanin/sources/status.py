"""What the status of a source's answer means."""

from fanin.engine.call import Response
from fanin.errors import NotFound, SourceRejected, SourceUnavailable
from fanin.sources.retry_after import retry_after

_LATER = frozenset((408, 425, 429))
_GONE = frozenset((404, 410))
_ACCEPTED = 202


def check_status(source: str, response: Response) -> None:
    """Pass a response whose status says that it holds a value.

    Args:
        source: the name of the source that it is from.
        response: the response.

    Raises:
        NotFound: 404 or 410.
        SourceUnavailable: 408, 425, 429 or 5xx; another 4xx that says by Retry-After when to ask again; or 202, whose
            body tells of work that is not done yet.
        SourceRejected: another status than 2xx; redirects are not followed here.
    """
    status = response.status
    if status in _GONE:
        raise NotFound(source, f"{source} has no such thing")
    asked = retry_after(response.headers)
    if status == _ACCEPTED or status in _LATER or status >= 500 or (status >= 400 and asked is not None):
        why = ": its answer will be there later" if status == _ACCEPTED else ""
        error = SourceUnavailable(source, f"{source} answered with status {status}{why}")
        error.retry_after = asked
        raise error
    if not 200 <= status < 300:
        raise SourceRejected(source, f"{source} answered with status {status}")
