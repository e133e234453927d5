"""What fanin.toml says of jobs."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake
from fanin.config.origins import Origin

_SECRET = LatePattern(r"\{!([a-z][a-z0-9_]*)\}")


def _secret_name(text: object) -> str:
    found = _SECRET.compiled.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Mistake(
            "bad-secret", "not a secret's name in {!…}", 'Write "{!webhook}", and put the value where secrets are'
        )
    return found[1]


SecretName = Annotated[
    str, BeforeValidator(_secret_name), WithJsonSchema({"type": "string", "pattern": r"^\{![a-z][a-z0-9_]*\}$"})
]


class Jobs(BaseModel):
    """What jobs may do beside asking sources."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    max_open: Annotated[int, Field(ge=1, le=1000, strict=True)] = 100
    """The jobs of one endpoint that an owner may have queued or running; without identities, all clients together."""
    callbacks: tuple[Origin, ...] = ()
    """The origins that a job's callback may have; without any, no job has one."""
    callback_secret: SecretName | None = None
    """The secret that callbacks are signed with, such as "{!webhook}"; its value is `whsec_` and base64."""

    @model_validator(mode="after")
    def _callbacks_are_signed(self) -> "Jobs":
        if self.callbacks and self.callback_secret is None:
            fix = 'Add callback_secret = "{!webhook}"'
            raise Mistake("unsigned-callbacks", "callbacks are signed, and there is no secret to sign with", fix)
        return self
