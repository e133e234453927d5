"""Reading upstream.toml, which says what fakes of the APIs of the fanin.toml beside it answer.

    delay = "80ms"                                  # what each answer takes; without it, no time
    [secrets]                                       # what stands for {!shop_key}, unless the environment says otherwise
    shop_key = "sk_test"

    [shop."GET /items/{id}"]                        # below the URL of the variable `shop`; {id} is any part of it
    body = { id = "{id}", price = 499 }             # JSON; {id} is what stood in the path: a text, or a number

    [[shop."POST /reservations"]]                   # of several answers, one whose `when` the request's body holds,
    when = { sku = "tea" }
    status = 409
    body = { message = "tea is sold out" }
    [[shop."POST /reservations"]]                   # or else those without, one request after another
    status = 201
    body = { id = "r-1", sku = "{input.sku}" }      # {input.sku} is what stood in the request's body

An answer has at most one of `body`, `json` (likewise, as the text of JSON), `text` (sent as it is), `file` (beside
upstream.toml) and `broken = true` (the connection is closed without an answer). It may have `status`, `headers` and its
own `delay`. `{origin}` is the fake's own URL. In `text` and `file` braces are braces.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from fanin.config.mistake import Mistake
from fanin.config.template import BodyTemplate, HeaderTemplate
from fanin.config.units import Duration
from fanin.config.values import Json
from fanin.local.process.console import Problem
from fanin.local.upstream.script import Broken, Given, Gives, Script

NAME = "upstream.toml"
"""What the file is called beside fanin.toml."""
_SECRETS, _DELAY = "secrets", "delay"
_TYPES = {".json": "application/json", ".csv": "text/csv", ".xml": "application/xml", ".txt": "text/plain"}
_METHODS = ("GET ", "HEAD ", "POST ", "PUT ", "PATCH ", "DELETE ")


def _loaded(text: object) -> object:
    if not isinstance(text, str):
        raise ValueError("json is the text of JSON, in quotes")  # noqa: TRY004 - pydantic tells of ValueErrors
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from error


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Annotated[int, Field(ge=200, le=599)] = 200
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any = None
    json_: Annotated[Json, BeforeValidator(_loaded), Field(alias="json")] = None
    text: str | None = None
    file: str | None = None
    broken: bool = False
    when: Any = None
    delay: Duration | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if len(self.model_fields_set & {"body", "json_", "text", "file", "broken"}) > 1:
            raise ValueError("an answer has one of body, json, text, file and broken")
        return self


def _listed(answers: object) -> object:
    return answers if isinstance(answers, list) else [answers]


_ROUTES = TypeAdapter(dict[str, Annotated[list[_Answer], BeforeValidator(_listed)]])


@dataclass(frozen=True)
class ScriptFile:
    """What an upstream.toml says.

    Args:
        names: the upstreams, which are the variables of fanin.toml that lead to them.
        script: what they answer.
        secrets: what stands for secrets, by name.
    """

    names: tuple[str, ...]
    script: Script
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def read(file: Path) -> ScriptFile:
    """Read an upstream.toml.

    Raises:
        Problem: it is not there, no TOML, or says what it cannot; the message names the place.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}. It says what fakes of your APIs answer") from error
    except ValueError as error:
        raise Problem(f"{file} is no TOML: {error}") from error
    try:
        return _read(content, file.parent)
    except ValidationError as error:
        wrong = [f"{file}: {'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
        raise Problem("\n".join(wrong)) from error
    except (Mistake, ValueError, OSError) as error:
        raise Problem(f"{file}: {error}") from error


def _read(content: Mapping[str, Any], folder: Path) -> ScriptFile:
    delay = TypeAdapter(Duration | None).validate_python(content.get(_DELAY))
    secrets = TypeAdapter(dict[str, str]).validate_python(content.get(_SECRETS, {}))
    names = tuple(name for name in content if name not in (_SECRETS, _DELAY))
    if not names:
        raise ValueError('it has no upstream. Write a table such as [shop."GET /items/{id}"], or remove the file')
    script: dict[str, list[Given]] = {}
    for name in names:
        for line, answers in _ROUTES.validate_python(content[name]).items():
            if not line.startswith(_METHODS) or not line.partition(" ")[2].startswith("/"):
                raise ValueError(
                    f'{name}.{line!r} is no request. Write a method and a path, such as "GET /items/{{id}}"'
                )
            key = line if name == names[0] else f"{name} {line}"
            script[key] = [_given(answer, delay or 0.0, folder) for answer in answers]
    return ScriptFile(names, script, secrets)


def _given(answer: _Answer, delay: float, folder: Path) -> Given:
    delay = delay if answer.delay is None else answer.delay
    if answer.broken:
        return Broken(answer.when, delay)
    headers = {name: HeaderTemplate.parse(value) for name, value in answer.headers.items()}
    body: Any = BodyTemplate.parse(answer.body if "body" in answer.model_fields_set else answer.json_)
    if answer.text is not None:
        body = answer.text.encode()
    elif answer.file is not None:
        file = folder / answer.file
        body = file.read_bytes()
        headers = {"Content-Type": HeaderTemplate.parse(_TYPES.get(file.suffix, "application/octet-stream"))} | headers
    return Gives(body, answer.status, headers, answer.when, delay)
