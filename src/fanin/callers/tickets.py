"""One-time tickets: what a page sends in place of credentials where its browser lets it send no header.

A caller that has shown its credentials gets a ticket, a random text. Its hash is kept, with what is known of the
caller. Whoever brings the ticket within its time is that caller, once.
"""

import re
import secrets
from collections.abc import Callable
from hashlib import sha256

from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.callers.tickets_kept import TicketsFull, TicketsKept
from fanin.callers.written import read, written
from fanin.credentials.flows import Conversation
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.caller import Caller
from fanin.engine.front_door import Ticket
from fanin.engine.outcome import Clock
from fanin.engine.refusals import callers_unavailable, not_authenticated
from fanin.errors import RequestError

LIFE = 30.0
"""Seconds in which a ticket has to be used."""
MOST_A_MINUTE = 60
"""Tickets that one caller gets in a minute."""
MARK = "ticket"
"""What stands in log lines in the place of a ticket."""

_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")
_MINUTE = 60
_REFUSED = "the ticket has been used, has expired, or is none: get another by POST /tickets"
_UNAVAILABLE = "tickets are not kept at present"


class Tickets:
    """Gives tickets out, and takes them once.

    Args:
        kept: where they are.
        redaction: is told every ticket, so that no log line has it.
        now: seconds since 1970.
        new: gives a text that nobody can guess, of the form of a ticket.
    """

    def __init__(
        self,
        kept: TicketsKept,
        redaction: Redaction,
        now: Clock,
        new: Callable[[], str] = lambda: secrets.token_urlsafe(_BYTES),
    ) -> None:
        self._kept = kept
        self._redaction = redaction
        self._now = now
        self._new = new

    def issue(self, caller: Caller) -> Conversation[Ticket]:
        """Give a caller a ticket.

        Raises:
            RequestError: 401, its credentials have expired; 413, its claims are too large to be kept; 429, it has had
                too many; 503, tickets are not kept at present.
        """
        said, now = written(caller), self._now()
        seconds = LIFE if caller.expires is None else min(LIFE, caller.expires - now)
        if seconds <= 0:
            raise not_authenticated("the credentials have expired", f'Bearer realm="{caller.name}"')
        ticket = self._new()
        self._redaction.learn_presented(MARK, ticket)
        minute = int(now // _MINUTE)
        try:
            counted = yield from self._kept.count(caller.owner, minute, MOST_A_MINUTE)
            if not counted:
                retry_after = max(1, round((minute + 1) * _MINUTE - now))
                raise too_many(f"a caller gets {MOST_A_MINUTE} tickets in a minute", retry_after)
            yield from self._kept.put(_hash(ticket), said, now + seconds)
        except (AwsError, AwsUnavailable) as error:
            raise callers_unavailable(_UNAVAILABLE) from error
        except TicketsFull as error:
            raise too_many("too many tickets wait for their use", int(LIFE)) from error
        return Ticket(ticket, seconds)

    def take(self, ticket: str, challenge: str) -> Conversation[Caller]:
        """Take a ticket: from now on it is none.

        Args:
            ticket: what a client brings.
            challenge: the `WWW-Authenticate` of a refusal.

        Raises:
            RequestError: 401, it is none, or no more; 503, nobody can say at present.
        """
        self._redaction.learn_presented(MARK, ticket)
        if not _FORM.fullmatch(ticket):
            raise not_authenticated(_REFUSED, challenge)
        try:
            taken = yield from self._kept.take(_hash(ticket))
        except (AwsError, AwsUnavailable) as error:
            raise callers_unavailable(_UNAVAILABLE) from error
        if taken is None or taken.expires <= self._now():
            raise not_authenticated(_REFUSED, challenge)
        return read(taken.said)


def _hash(ticket: str) -> str:
    return sha256(ticket.encode()).hexdigest()


def too_many(detail: str, retry_after: int) -> RequestError:
    """Refuse a ticket over the bounds; `retry_after` is in seconds."""
    headers = [("Retry-After", str(retry_after))]
    return RequestError(429, "too-many-tickets", "Too many tickets", detail, headers=headers)
