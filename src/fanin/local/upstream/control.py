"""How to tell the demo upstream to be slow or to fail: `/_control`.

    GET    /_control        the rules in force
    PUT    /_control        replace them: {"open-meteo": {"delay": 300}, "*": {"fail": "status", "status": 503}}
    DELETE /_control        remove them, and set the counts to zero
    GET    /_control/calls  how many requests each API has had: {"open-meteo": 3, …}
    GET    /_control/load   the most requests at once, and their connections: {"at_once": 2, "connections": 4}

A rule stands under an API's prefix, or under `*` for every API that has none of its own.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from fanin.local.upstream.answers import answer

EVERY = "*"
"""The prefix that stands for all that have no rule of their own."""
DEFAULT_HUGE = 10_000_000
"""Bytes of a huge answer, unless a rule says how many."""

type Fault = Literal[
    "status",  # an error status, at once
    "hang",  # the request is taken in and never answered
    "drip",  # the right answer, its body a byte a second
    "drip-headers",  # the same from the first byte on
    "endless",  # a body that does not end
    "reset",  # the connection is reset before any byte
    "close",  # the connection is closed before any byte
    "garbage",  # a body that is not JSON
    "truncated",  # a body shorter than its Content-Length
    "huge",  # valid JSON, but a great deal of it
]


class Rule(BaseModel):
    """What happens to the requests of one API."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    delay: int = Field(0, ge=0, le=600_000)
    """Milliseconds to wait before anything else."""
    fail: Fault | None = None
    status: int | None = Field(None, ge=200, le=599)
    """For `status`: which."""
    bytes: int | None = Field(None, ge=100, le=10_000_000_000)
    """For `huge`: how many."""
    times: int | None = Field(None, ge=1)
    """How many of the next requests; without it, all of them."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.fail is None and self.delay == 0:
            raise ValueError("a rule needs a delay above 0, or fail")
        if (self.fail == "status") != (self.status is not None):
            raise ValueError('fail = "status" and a status belong together')
        if self.bytes is not None and self.fail != "huge":
            raise ValueError('bytes are for fail = "huge"')
        return self


class Control:
    """The rules in force, and the counts.

    Args:
        prefixes: the APIs that rules can be about.
    """

    def __init__(self, prefixes: Collection[str]) -> None:
        self._prefixes = frozenset(prefixes)
        self._rules: dict[str, Rule] = {}
        self._calls: Counter[str] = Counter()
        self._load = _Load()

    @contextmanager
    def serving(self, request: web.Request) -> Iterator[None]:
        """Count a request among those that are served at once."""
        load, at = self._load, id(request)
        load.connections.add(request.get_extra_info("peername"))
        load.served.add(at)
        load.at_once = max(load.at_once, len(load.served))
        try:
            yield
        finally:
            load.served.discard(at)

    def take(self, prefix: str) -> Rule | None:
        """Count a request, and give the rule that holds for it, one of its times used up."""
        self._calls[prefix] += 1
        key = prefix if prefix in self._rules else EVERY
        rule = self._rules.get(key)
        if rule is not None and rule.times is not None:
            if rule.times == 1:
                del self._rules[key]
            else:
                self._rules[key] = rule.model_copy(update={"times": rule.times - 1})
        return rule

    def routes(self) -> list[web.RouteDef]:
        """Serve the control path."""
        return [
            web.get("/_control", self._show),
            web.put("/_control", self._replace),
            web.delete("/_control", self._reset),
            web.get("/_control/calls", self._count),
            web.get("/_control/load", self._weigh),
        ]

    async def _show(self, _: web.Request) -> web.Response:
        return answer({prefix: rule.model_dump(exclude_defaults=True) for prefix, rule in self._rules.items()})

    async def _replace(self, request: web.Request) -> web.Response:
        try:
            rules = _RULES.validate_json(await request.read())
        except ValidationError as error:
            return _refused({_where(detail["loc"]): detail["msg"] for detail in error.errors()})
        if unknown := rules.keys() - self._prefixes - {EVERY}:
            known = ", ".join([*sorted(self._prefixes), EVERY])
            return _refused(dict.fromkeys(sorted(unknown), f"no such prefix; there are {known}"))
        self._rules = rules
        return await self._show(request)

    async def _reset(self, _: web.Request) -> web.Response:
        self._rules = {}
        self._calls.clear()
        self._load = _Load()
        return web.Response(status=204)

    async def _count(self, _: web.Request) -> web.Response:
        return answer({prefix: self._calls[prefix] for prefix in sorted(self._prefixes)})

    async def _weigh(self, _: web.Request) -> web.Response:
        return answer({"at_once": self._load.at_once, "connections": len(self._load.connections)})


@dataclass
class _Load:
    """The requests since the last reset: those that are served, how many at most, and on which connections."""

    served: set[int] = field(default_factory=set)
    at_once: int = 0
    connections: set[tuple[str, int]] = field(default_factory=set)


_RULES = TypeAdapter(dict[str, Rule])


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "(body)"


def _refused(errors: dict[str, str]) -> web.Response:
    """Answer that the rules stay as they are, with what is wrong by its place."""
    return answer({"errors": errors}, status=422)
