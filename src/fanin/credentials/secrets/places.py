"""Where secrets are: in the environment on a developer's machine, in a store of AWS's where fanin is deployed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from typing import Protocol

from fanin.aws.errors import AwsUnavailable
from fanin.config.finding import ConfigError, Finding
from fanin.credentials.flows import AskAws, Conversation

PREFIX = "FANIN_SECRET_"
"""What the names of environment variables begin with that hold secrets."""
_PARAMETERS_AT_ONCE = 10
_SECRETS_AT_ONCE = 20
_NOT_THERE = "ResourceNotFoundException"
"""What Secrets Manager says of a secret that it does not have; of all others it says why it does not give them."""
_PLACE = re.compile(r"(ssm:/(?:[A-Za-z0-9_.-]+/)*|secretsmanager:[A-Za-z0-9/_+=.@-]*)")


class SomeRefused(Exception):
    """The store gave some secrets, and did not give others although it may have them.

    Args:
        found: the values that it gave.
        refused: why it did not give the others, by their names.
    """

    def __init__(self, found: Mapping[str, str], refused: Mapping[str, str]) -> None:
        super().__init__(", ".join(sorted(refused)))
        self.found = found
        self.refused = refused


class Place(Protocol):
    """Somewhere that secrets are."""

    def values(self, names: Iterable[str], timeout: float) -> Conversation[Mapping[str, str]]:
        """Look secrets up.

        Args:
            names: their names.
            timeout: seconds that each question may take.

        Returns:
            the values of those that are there.

        Raises:
            AwsError, AwsUnavailable: the store did not say.
            SomeRefused: it did not say of some.
        """
        ...

    def where(self, name: str) -> str:
        """Say where an operator puts a secret, for the log."""
        ...


@dataclass(frozen=True, slots=True)
class EnvironmentVariables:
    """`FANIN_SECRET_WEATHER_TOKEN` for the secret `weather_token`."""

    environment: Mapping[str, str] = field(repr=False)

    def values(self, names: Iterable[str], timeout: float) -> Conversation[Mapping[str, str]]:  # noqa: ARG002 - no wait
        """Read them; an empty one is none."""
        yield from ()
        found = {name: self.environment.get(PREFIX + name.upper()) for name in names}
        return {name: value for name, value in found.items() if value}

    def where(self, name: str) -> str:
        """Name it."""
        return PREFIX + name.upper()


@dataclass(frozen=True, slots=True)
class ParameterStore:
    """Parameters of SSM, of any type, below a path."""

    path: str

    def values(self, names: Iterable[str], timeout: float) -> Conversation[Mapping[str, str]]:
        """Ask for ten at a time, as many as SSM gives."""
        found: dict[str, str] = {}
        for some in batched(sorted(names), _PARAMETERS_AT_ONCE, strict=False):
            payload = {"Names": [self.path + name for name in some], "WithDecryption": True}
            answer = yield AskAws("ssm", "GetParameters", payload, timeout)
            with _readable("ssm"):
                found |= {
                    _text(one["Name"]).removeprefix(self.path): _text(one["Value"]) for one in answer["Parameters"]
                }
        return found

    def where(self, name: str) -> str:
        """Name it."""
        return f"the SSM parameter {self.path}{name}"


@dataclass(frozen=True, slots=True)
class SecretsManager:
    """Texts of Secrets Manager, below a prefix."""

    prefix: str

    def values(self, names: Iterable[str], timeout: float) -> Conversation[Mapping[str, str]]:
        """Ask for twenty at a time, as many as Secrets Manager gives. Each may fail by itself."""
        found, refused = dict[str, str](), dict[str, str]()
        for some in batched(sorted(names), _SECRETS_AT_ONCE, strict=False):
            payload = {"SecretIdList": [self.prefix + name for name in some]}
            answer = yield AskAws("secretsmanager", "BatchGetSecretValue", payload, timeout)
            with _readable("secretsmanager"):
                texts = [one for one in answer["SecretValues"] if "SecretString" in one]
                found |= {_text(one["Name"]).removeprefix(self.prefix): _text(one["SecretString"]) for one in texts}
                refused |= {
                    _text(one["SecretId"]).removeprefix(self.prefix): f"{one['ErrorCode']}: {one.get('Message', '')}"
                    for one in answer.get("Errors", ())
                    if one["ErrorCode"] != _NOT_THERE
                }
        if refused:
            raise SomeRefused(found, refused)
        return found

    def where(self, name: str) -> str:
        """Name it."""
        return f"the secret {self.prefix}{name} in Secrets Manager"


@contextmanager
def _readable(service: str) -> Iterator[None]:
    """Take an answer that is not what the service answers for none at all."""
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise AwsUnavailable(f"{service}: an answer that cannot be read") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def place_of(environment: Mapping[str, str]) -> Place:
    """Give the place that `FANIN_SECRETS` names; without it, the environment itself.

    Raises:
        ConfigError: it names none.
    """
    text = environment.get("FANIN_SECRETS", "")
    if not text:
        return EnvironmentVariables(environment)
    if not _PLACE.fullmatch(text):
        fix = "Write ssm:/fanin/prod/ or secretsmanager:fanin/prod/, or leave it empty for environment variables"
        finding = Finding("bad-secrets", ("FANIN_SECRETS",), f"{text!r} is no place for secrets", fix)
        raise ConfigError([finding], "environment")
    kind, _, path = text.partition(":")
    return ParameterStore(path) if kind == "ssm" else SecretsManager(path)
