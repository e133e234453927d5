"""The kinds of callers: for each, what says who asks by what a request brings with it.

config/callers/ has what fanin.toml says of each. To add a kind: write its model there, add its key to `Callers`, and
write what identifies such callers in a module here that has the name of the key. It has `identifying(callers, around)`,
which gives an `Identify`, and is imported only for a file that has such callers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from fanin.config.callers import Callers
from fanin.config.finding import ConfigError, Finding
from fanin.credentials.flows import Conversation
from fanin.credentials.secrets.places import Place
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.caller import Caller
from fanin.engine.invocation import Network
from fanin.engine.outcome import Clock

type Identify = Callable[[Mapping[str, str], Mapping[str, str], Network, float], Conversation[Caller]]
"""Finds out who asks: takes a request's headers, names in lower case, and cookies; what others say of the client; and
the moment, in the clock's seconds, at which the answer is of no use any more. It raises RequestError: 401 without good
credentials, 403 if these may not ask, 503 where nobody can say. `engine/refusals.py` makes these."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is around those who identify callers. Several threads and an event loop may ask them at the same time.

    Args:
        environment: the function's.
        redaction: is told every credential that a client presents, so that no log line has it.
        secrets: where secrets are.
        clock: the clock of all deadlines.
        now: seconds since 1970.
    """

    environment: Mapping[str, str] = field(repr=False)
    redaction: Redaction
    secrets: Place
    clock: Clock
    now: Clock


def identify_of(callers: Callers, around: Around) -> Identify:
    """Make what finds out who asks, of the callers of one table; once for a function, since it may keep what it learns.

    Raises:
        ConfigError: the environment does not say what the kind needs, or its library is not installed.
    """
    try:
        identifying: Callable[[Callers, Around], Identify] = import_module(f"fanin.callers.{callers.kind}").identifying
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        key, message = ("callers", callers.name, callers.kind), f"this needs the package {package}"
        raise ConfigError([Finding("bad-callers", key, message, f"Install fanin[{callers.kind}]")]) from error
    return identifying(callers, around)
