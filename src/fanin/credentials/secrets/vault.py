"""The values of secrets: looked up together, kept for a while, and looked up anew where a source refuses one."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random, SystemRandom

from pydantic import SecretStr

from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.credentials.flows import Conversation, OneAtATime, Wait
from fanin.credentials.secrets.places import Place, SomeRefused
from fanin.credentials.secrets.redaction import Redaction
from fanin.credentials.secrets.together import Together
from fanin.engine.outcome import Clock

KEPT = 300.0
"""Seconds for which a value is used without asking for it again."""
LONGEST_LOOK_UP = 2.0
"""Seconds that the store may take for an answer, and at most half of what the call has left."""
PAUSE = 10.0
"""Seconds until a secret is asked for again where the store failed and an older value is used, or where it has none."""
THROTTLED_ATTEMPTS = 4
"""How often a store is asked that wants to be asked later, within the time of one look-up."""
LONGEST_WAIT = 0.1
"""Seconds that the wait before the second attempt has at most; twice as many before each further one."""

SILENCE = 1.0
"""Seconds for which nothing is looked up after the store did not answer."""

type Values = Mapping[str, SecretStr]


class SecretMissing(Exception):
    """Secrets are missing; the text names them, for the log."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What is known of a secret: its value, or None and why, and until when not to ask for it again."""

    value: SecretStr | None
    until: float
    refused: str = ""


class Vault:
    """The secrets that this process has looked up.

    Args:
        place: where they are.
        together: which are looked up together.
        redaction: is told every value.
        clock: the clock of calls' deadlines.
        randomness: spreads the attempts of many environments; the system's, as `Runtime` says.
    """

    def __init__(
        self, place: Place, together: Together, redaction: Redaction, clock: Clock, randomness: Random | None = None
    ) -> None:
        self._place = place
        self._together = together
        self._redaction = redaction
        self._clock = clock
        self._randomness = randomness or SystemRandom()
        self._held: dict[str, _Held] = {}
        self._renewed_in_vain: dict[str, float] = {}
        self._silent_until = 0.0

    def values(self, names: frozenset[str], deadline: float) -> Conversation[Values]:
        """Give the values of secrets: looked up before, or now, with all that are needed soon.

        Args:
            names: the secrets.
            deadline: when the call's time is over, in the clock's seconds.

        Raises:
            SecretMissing: one is not there, or the store did not answer and no older value is known.
        """
        if not self._known(names):
            wanted = names | self._together.get(names, frozenset())
            yield OneAtATime(self, self._look_up(names, wanted, deadline))
        return self._values(names)

    def renewed(self, names: frozenset[str], seen: Values, deadline: float) -> Conversation[Values]:
        """Give the values of secrets after a source has refused some that were seen; where there are none newer, those.

        Args:
            names: the secrets.
            seen: the values that were refused.
            deadline: when the call's time is over, in the clock's seconds.
        """
        yield OneAtATime(self, self._renew(names, seen, deadline))
        return self._values(names)

    def _look_up(self, names: frozenset[str], wanted: frozenset[str], deadline: float) -> Conversation[None]:
        if self._known(names):  # looked up by another while this one waited for its turn
            return
        try:
            self._check_silence()
            yield from self._fetch({name for name in wanted if not self._known({name})}, deadline)
        except (AwsError, AwsUnavailable) as error:
            now = self._clock()
            if isinstance(error, AwsUnavailable):
                self._silent_until = now + SILENCE
            for name in wanted & self._held.keys():
                if self._held[name].value:
                    self._held[name] = _Held(self._held[name].value, now + PAUSE)
            if not all(name in self._held and self._held[name].value for name in names):
                raise SecretMissing(f"{_listed(names)} cannot be looked up: {error}") from None

    def _renew(self, names: frozenset[str], seen: Values, deadline: float) -> Conversation[None]:
        now = self._clock()
        if all(self._renewed_in_vain.get(name, now) > now for name in names) or self._values(names) != seen:
            return
        with suppress(AwsError, AwsUnavailable):
            yield from self._fetch(set(names), deadline)
        if all(name in self._held and self._held[name].value == value for name, value in seen.items()):
            self._renewed_in_vain |= dict.fromkeys(names, self._clock() + PAUSE)

    def _fetch(self, names: set[str], deadline: float) -> Conversation[None]:
        refused: Mapping[str, str] = {}
        try:
            found = yield from self._found(names, deadline)
        except SomeRefused as error:
            found, refused = error.found, error.refused
        now = self._clock()
        for name in names:
            if name in found:
                self._redaction.learn(name, found[name])
                self._held[name] = _Held(SecretStr(found[name]), now + KEPT)
            else:
                older = self._held[name].value if name in refused and name in self._held else None
                self._held[name] = _Held(older, now + PAUSE, refused.get(name, ""))

    def _found(self, names: set[str], deadline: float) -> Conversation[Mapping[str, str]]:
        """Ask the store; where it wants to be asked later, again within the time of the look-up (full jitter)."""
        ends = self._clock() + min(LONGEST_LOOK_UP, max(0.0, deadline - self._clock()) / 2)
        for attempt in range(1, THROTTLED_ATTEMPTS + 1):
            try:
                return (yield from self._place.values(names, max(0.0, ends - self._clock())))
            except AwsThrottled:
                wait = self._randomness.uniform(0.0, LONGEST_WAIT * 2 ** (attempt - 1))
                if attempt == THROTTLED_ATTEMPTS or self._clock() + wait >= ends:
                    raise
                yield Wait(wait)
        raise AssertionError("the last attempt returns or raises")

    def _check_silence(self) -> None:
        """Let those who waited for their turn not find out one by one that the store is silent."""
        if self._clock() < self._silent_until:
            raise AwsUnavailable("the store did not answer a moment ago")

    def _known(self, names: frozenset[str] | set[str]) -> bool:
        now = self._clock()
        return all(name in self._held and self._held[name].until > now for name in names)

    def _values(self, names: frozenset[str]) -> Values:
        values = {name: self._held[name].value for name in names}
        found = {name: value for name, value in values.items() if value is not None}
        if len(found) < len(names):
            raise SecretMissing("; ".join(self._lacking(name) for name in sorted(names - found.keys())))
        return found

    def _lacking(self, name: str) -> str:
        if refused := self._held[name].refused:
            return f"the secret {name!r} cannot be looked up: {refused}"
        return f"the secret {name!r} is missing: set {self._place.where(name)}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{!{name}}}" for name in sorted(names))
