"""client_limit: how often one client may ask an endpoint, or with an API key, and what answers say of it.

Each environment counts in its own memory. Where a table counts for all of them, it decides, and the environment's own
count holds while it does not answer.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10, structured fields (RFC 9651):

    RateLimit-Policy: "default";q=100;w=60      100 requests in 60 s
    RateLimit: "default";r=50;t=30              50 are left, and in 30 s there are more
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Protocol

from fanin.config import Endpoint
from fanin.config.client_limit import ClientLimit
from fanin.config.units import spelled
from fanin.contract.headers import Headers
from fanin.engine.catalogue import Caller
from fanin.engine.outcome import Clock
from fanin.errors import RequestError
from fanin.stores.client_counts import Counted, Counting, counting
from fanin.stores.window import Window

MOST_CLIENTS = 10_000
"""Clients of all endpoints that an environment counts; beyond them the one that has not asked for longest leaves."""

_OF_KEYS = "keys"
"""The kind of callers whose keys may have limits of their own."""

type InTable = Callable[[str, Counting], Counted]
"""Counts a request in the table, under a key; raises StoreUnavailable."""


class Limit(Protocol):
    """No more requests than this: an endpoint's `client_limit`, or what an API key was made with."""

    @property
    def calls(self) -> int: ...  # noqa: D102 - said of ClientLimit

    @property
    def per(self) -> float: ...  # noqa: D102 - likewise


class Limited(Protocol):
    """What is asked, as far as limits know it: an endpoint, or an API key for all endpoints that it opens."""

    @property
    def name(self) -> str: ...  # noqa: D102 - said of Endpoint


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """The limit that an API key was made with: for all that the key is used for together.

    Args:
        key: the key's id.
        calls: requests.
        per: seconds in which they are counted.
    """

    key: str
    calls: int
    per: float

    @classmethod
    def of(cls, endpoint: Endpoint, caller: Caller | None) -> "OwnLimit | None":
        """Give that of the key that a caller of an endpoint has; None without a key, or without a limit of its own."""
        if caller is None or endpoint.asked_by is None or endpoint.asked_by.kind != _OF_KEYS:
            return None
        key, limit = caller.claims.get("key"), caller.claims.get("limit")
        match limit:
            case {"calls": int(calls), "per": int() | float() as per} if isinstance(key, str):
                return cls(key, calls, float(per))
        return None

    @property
    def name(self) -> str:
        """What it limits, for its refusals; no endpoint has such a name."""
        return f"API key {self.key}"


@dataclass(slots=True)
class _Client:
    """A client of an endpoint.

    Args:
        own: its requests that this environment has let in.
        shared: its requests to all environments, as the table had them; None if the table was not asked.
        refused_until: the time of day until which the table has no room for it.
    """

    own: Window
    shared: Window | None = None
    refused_until: float = 0.0


@dataclass(slots=True)
class Turn:
    """A request that this environment has counted, and the table may count, too.

    Args:
        key: the client's and the endpoint's.
        limit: what they may.
        now: the time of day.
        slot: where it is counted.
        client: what is known of the client.
    """

    key: str
    limit: Limit
    now: float
    slot: int
    client: _Client

    def in_table(self) -> Counting:
        """Give the steps that count it in the table."""
        return counting(self.client.shared, self.limit.calls, self.limit.per, self.now)


@dataclass(slots=True)
class ClientCounts:
    """The clients of an environment, whatever its execution models. Threads may share it.

    Args:
        now: the time of day.
        most: the most clients.
    """

    now: Clock
    most: int = MOST_CLIENTS
    _clients: OrderedDict[str, _Client] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __len__(self) -> int:
        return len(self._clients)

    def begin(self, endpoint: Limited, limit: Limit, client: str, headers: list[tuple[str, str]]) -> Turn:
        """Count a request in this environment.

        Args:
            endpoint: what is asked.
            limit: the endpoint's.
            client: who asks, as `client_of` has it.
            headers: what answers say of it is added to them, if the request is refused.

        Raises:
            RequestError: 429, it is one too many.
        """
        key, now = key_of(endpoint, limit, client), self.now()
        with self._lock:
            known = self._clients.get(key)
            if known is None:
                known = self._clients[key] = _Client(Window(limit.per))
                if len(self._clients) > self.most:
                    self._clients.popitem(last=False)
            self._clients.move_to_end(key)
            known.own.move(now)
            if known.refused_until > now + 2 * limit.per:  # the clock was far ahead
                known.refused_until = 0.0
            if now < known.refused_until:
                raise _refused(endpoint, limit, known.refused_until - now, headers)
            if known.own.total >= limit.calls:
                raise _refused(endpoint, limit, known.own.frees_at() - now, headers)
            return Turn(key, limit, now, known.own.add(), known)

    def end(self, turn: Turn, endpoint: Limited, counted: Counted | None, headers: list[tuple[str, str]]) -> None:
        """Say on the answer how many requests are left.

        Args:
            turn: what `begin` gave.
            endpoint: what is asked.
            counted: what came of it in the table; None if it was not asked, or did not answer.
            headers: what the answer says is added to them.

        Raises:
            RequestError: 429, it is one too many for the table.
        """
        with self._lock:
            client, window = turn.client, counted.window if counted else turn.client.own
            if counted:
                client.shared = counted.window
                if not counted.admitted:
                    client.own.take_back(turn.slot)
                    client.refused_until = window.frees_at()
                    raise _refused(endpoint, turn.limit, client.refused_until - turn.now, headers)
            left = max(0, turn.limit.calls - window.total)
            headers += told(turn.limit, left, window.frees_at() - turn.now)


def counts_addresses(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint's limit is one of addresses, whoever asks."""
    return endpoint.client_limit is not None and endpoint.client_limit.by == "address"


def client_of(limit: ClientLimit, caller: Caller | None, address: str) -> str:
    """Say whose requests are counted together: those of a caller, or of an address; of all whose address is unknown.

    Args:
        limit: says which of the two.
        caller: who asks; None for everybody.
        address: as `Proxies.client` gives it.
    """
    if caller is not None and limit.by != "address":
        return f"caller {caller.identity}"
    return f"address {address}"


def key_of(endpoint: Limited, limit: Limit, client: str) -> str:
    """Give the key of a client's requests to an endpoint. It names the client by a digest only."""
    return f"client#{endpoint.name}#{sha256(f'{limit.per:g} {client}'.encode()).hexdigest()[:32]}"


def told(limit: Limit, left: int, seconds: float) -> Headers:
    """Write the headers.

    Args:
        limit: the endpoint's.
        left: how many requests the client has left.
        seconds: until it has more.
    """
    policy = "key" if isinstance(limit, OwnLimit) else "default"
    return (
        ("RateLimit-Policy", f'"{policy}";q={limit.calls};w={_whole(limit.per)}'),
        ("RateLimit", f'"{policy}";r={left};t={_whole(seconds)}'),
    )


def too_many(endpoint: str, most: str, seconds: int) -> RequestError:
    """Refuse one request too many.

    Args:
        endpoint: the endpoint's name.
        most: what it takes of one client, in words.
        seconds: until there is room again.
    """
    detail = f"{endpoint} takes {most} of one client; ask again in {seconds} s"
    return RequestError(429, "too-many-requests", "Too many requests", detail)


def _refused(endpoint: Limited, limit: Limit, seconds: float, headers: list[tuple[str, str]]) -> RequestError:
    headers += (*told(limit, 0, seconds), ("Retry-After", str(_whole(seconds))))
    most = f"{limit.calls} request{'' if limit.calls == 1 else 's'} in {spelled(limit.per)}"
    return too_many(endpoint.name, most, _whole(seconds))


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))
