"""What goes over the wire: JSON texts, typed when they come in, and held to their size when they go out."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from fanin.config.sent_parameters import described
from fanin.config.units import Duration, spelled
from fanin.config.values import Json
from fanin.entrypoints.websocket.limits import LEAST_EVERY, MAX_MESSAGE_IN, MAX_MESSAGE_OUT, MOST_EVERY
from fanin.errors import RequestError

type Message = dict[str, Json]


def _within_bounds(every: float) -> float:
    if not LEAST_EVERY <= every <= MOST_EVERY:
        least, most = (spelled(bound).replace(" ", "") for bound in (LEAST_EVERY, MOST_EVERY))
        raise ValueError(f'write "{least}" to "{most}"')
    return every


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
Every = Annotated[Duration, AfterValidator(_within_bounds)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Subscribe(_Message):
    """Ask for an endpoint, or for a job's progress."""

    action: Literal["subscribe"]
    id: Id
    """The client's name for the subscription; one that is there already is replaced."""
    endpoint: str | None = None
    """An endpoint's name in fanin.toml."""
    job: str | None = None
    """A job's id, in place of an endpoint."""
    params: dict[str, Any] = {}
    """The endpoint's parameters, by name, as JSON has them; the endpoint says which values they may have."""
    input: Any = None
    """What the endpoint takes as the JSON body of a request; null for none."""
    every: Every | None = None
    """Seconds from one round to the next; without it, an endpoint has one, and a job as many as it takes to end."""

    @model_validator(mode="after")
    def _one_subject(self) -> "Subscribe":
        if (self.endpoint is None) == (self.job is None):
            raise ValueError("name an endpoint, or a job")
        return self

    @property
    def pace(self) -> float | None:
        """Seconds from one round to the next; None where there is one."""
        return LEAST_EVERY if self.job is not None and self.every is None else self.every


class Unsubscribe(_Message):
    """End a subscription."""

    action: Literal["unsubscribe"]
    id: Id
    """Its name."""


_INCOMING: TypeAdapter[Subscribe | Unsubscribe] = TypeAdapter(
    Annotated[Subscribe | Unsubscribe, Field(discriminator="action")]
)
_ID: TypeAdapter[str] = TypeAdapter(Id)


class RefusedMessage(Exception):
    """A client's message is refused.

    Args:
        error: why.
        id: the subscription that it names, if it can be told.
    """

    def __init__(self, error: RequestError, id_: str | None = None) -> None:
        super().__init__(error.detail)
        self.error = error
        self.id = id_


def parse(text: str | bytes) -> Subscribe | Unsubscribe:
    """Read a client's message.

    Raises:
        RefusedMessage: it is none, or over its limit.
    """
    content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(content) > MAX_MESSAGE_IN:
        raise RefusedMessage(_bad(f"it has {len(content)} bytes, and may have {MAX_MESSAGE_IN}"))
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise RefusedMessage(_bad("it is not JSON")) from error
    try:
        return _INCOMING.validate_python(data)
    except ValidationError as error:
        wrong = described([found for found in error.errors() if found["loc"]])
        detail = "; ".join(f"{key}: {message.removeprefix('value error, ')}" for key, message in wrong)
        raise RefusedMessage(
            _bad(detail or 'write {"action": "subscribe", …} or "unsubscribe"'), _id_of(data)
        ) from error


def encode(message: Message) -> str:
    """Write a message as it is sent."""
    return orjson.dumps(message).decode()


def fits(text: str) -> bool:
    """Tell whether a message may be sent."""
    return len(text) * 4 <= MAX_MESSAGE_OUT or len(text.encode()) <= MAX_MESSAGE_OUT


def _bad(detail: str) -> RequestError:
    return RequestError(400, "bad-message", "Bad message", detail)


def _id_of(data: Any) -> str | None:
    try:
        return _ID.validate_python(data.get("id"), strict=True) if isinstance(data, dict) else None
    except ValidationError:
        return None
