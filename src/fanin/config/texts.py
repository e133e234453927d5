"""Types of the keys that may hold references: variables are put in, the text is read, and described to editors."""

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

from fanin.config import template
from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted, shortened
from fanin.config.origins import checked_origin
from fanin.config.scalar import SCALAR
from fanin.config.values import Json, static_json

if TYPE_CHECKING:
    from fanin.config.template.statement import Statement
    from fanin.config.template.xml import XmlTemplate

TEXT_OF_JSON = "a text is sent as a text, in quotes, and not as the JSON that it holds"
"""What is wrong with a body that is written as JSON."""
AS_TABLE = 'Write it as a table or a list of TOML: body = { name = "{name}" }'
"""What to do about it."""
_BASE = LatePattern(r"\{\$([^{}]*)\}")


def with_variables(text: object, info: ValidationInfo) -> str:
    """Put the variables into a text, which are in the validation's context.

    Raises:
        Mistake: it is no text, or a variable is not defined.
    """
    if not isinstance(text, str):
        raise Mistake("bad-type", "not a text", "Put it in quotes")
    context = info.context or {}
    try:
        return template.put_variables(text, context.get("variables", {}), context.get("used", set()))
    except Mistake as mistake:
        from fanin.config.kinds import UPSTREAMS  # noqa: PLC0415 - kinds have keys of these types

        if (name := mistake.part.strip("{$}")) not in (context.get(UPSTREAMS) or ()):
            raise
        fix = f'Write upstream = "{name}" in the source, and its path only: url = "/path"'
        raise Mistake(mistake.rule, mistake.message, fix, mistake.part) from None


def _by_itself(text: str) -> str:
    """Check that a variable holds no other."""
    try:
        template.put_variables(text, {})
    except Mistake as mistake:
        message = "a variable is put in as it is, and holds no other"
        raise Mistake("bad-variable", message, f"Write the text itself in the place of {mistake.part}") from None
    return text


def _url(text: object, info: ValidationInfo) -> template.AnyUrl:
    """Read a URL; a variable that it begins with, and that ends in a slash, brings no second one."""
    if isinstance(text, str) and (base := _BASE.compiled.match(text)):
        value, rest = (info.context or {}).get("variables", {}).get(base[1]), text[base.end() :]
        if value is not None and not value.startswith("/") and not rest.startswith("://") and "://" not in value:
            message = f"the variable {base[1]!r} is {quoted(value)}, which has no scheme"
            place = (info.context or {}).get("places", {}).get(base[1], "[variables]")
            raise Mistake("bad-url", message, f'Write "https://{shortened(value)}" for it in {place}', base[0])
        if value and value.endswith("/") and rest.startswith("/"):
            text = base[0] + rest[1:]
    return template.read_url(with_variables(text, info))


def _origin(text: object, info: ValidationInfo) -> str:
    return checked_origin(with_variables(text, info))


def _fixed_url(text: object, info: ValidationInfo) -> template.UrlTemplate:
    url = _url(text, info)
    if not isinstance(url, template.UrlTemplate):
        raise Mistake("bad-url", "its origin is not in the file", "Write https://host/path")
    return url


def _header(text: object, info: ValidationInfo) -> template.HeaderTemplate:
    return template.HeaderTemplate.parse(with_variables(text, info))


def holds_json(text: str) -> bool:
    """Whether a text begins like an object or a list of JSON, and not with a reference."""
    return text.lstrip()[:1] in {"{", "["} and text.lstrip("{[ \n\t")[:1] == '"'


def _body(body: Json, info: ValidationInfo) -> template.BodyTemplate:
    try:
        return template.BodyTemplate.parse(_with_variables_in(body, info))
    except Mistake:
        if isinstance(body, str) and holds_json(body):
            raise Mistake("bad-body", TEXT_OF_JSON, AS_TABLE) from None
        raise


def _with_variables_in(tree: Any, info: ValidationInfo) -> Any:
    """Put the variables into every text of what is to be JSON.

    Raises:
        Mistake: as `with_variables`; or there is something in it that JSON does not have.
    """

    def put(node: Json) -> Json:
        match node:
            case str():
                return with_variables(node, info)
            case list():
                return [put(item) for item in node]
            case dict():
                return {key: put(item) for key, item in node.items()}
            case float() if not math.isfinite(node):
                raise Mistake("bad-type", "nan and inf have no JSON form", "Write a number, or put it in quotes")
            case bool() | int() | float() | None:
                return node
        raise Mistake("bad-type", "dates and times have no JSON form", "Put them in quotes")

    return put(tree)


def _form(fields: object, info: ValidationInfo) -> template.FormTemplate:
    if not isinstance(fields, dict):
        raise Mistake("bad-type", "not a table", 'Write { field = "value" }')
    return template.FormTemplate.parse(_with_variables_in(fields, info))


def _xml(text: object, info: ValidationInfo) -> "XmlTemplate":
    from fanin.config.template.xml import XmlTemplate  # noqa: PLC0415 - no part of others' cold start

    return XmlTemplate.parse(with_variables(text, info))


def _static(value: object, info: ValidationInfo) -> Json:
    def read(node: Json) -> Json:
        match node:
            case str():
                text = template.Template.parse(with_variables(node, info))
                for reference in text.references:
                    fix = "Write compute for a value that is made of others; or each brace twice, for a literal one"
                    message = f"{reference} stands in a static value, which has only variables"
                    raise Mistake("bad-static", message, fix, str(reference))
                return text.literal
            case list():
                return [read(item) for item in node]
            case dict():
                return {key: read(item) for key, item in node.items()}
        return node

    return read(static_json(value))


def _sql(text: object) -> "Statement":
    from fanin.config.template.statement import Statement  # noqa: PLC0415 - no part of others' cold start

    if not isinstance(text, str):
        raise Mistake("bad-type", "not a text", "Put it in quotes")
    return Statement.parse(text)


Variable = Annotated[str, AfterValidator(_by_itself)]
"""The text of a variable."""
Xml = Annotated[Any, BeforeValidator(_xml), WithJsonSchema({"type": "string", "minLength": 1})]
"""A body in XML."""
Sql = Annotated[Any, BeforeValidator(_sql), WithJsonSchema({"type": "string", "minLength": 1})]
"""A statement of SQL, in which variables of the file have no place."""
Url = Annotated[template.AnyUrl, BeforeValidator(_url), WithJsonSchema({"type": "string", "minLength": 1})]
FixedUrl = Annotated[
    template.UrlTemplate, BeforeValidator(_fixed_url), WithJsonSchema({"type": "string", "minLength": 1})
]
"""A URL whose scheme, host and port stand in the file."""
OriginText = Annotated[str, BeforeValidator(_origin), WithJsonSchema({"type": "string", "minLength": 1})]
"""An origin; it may be a variable."""
Header = Annotated[template.HeaderTemplate, BeforeValidator(_header), WithJsonSchema({"type": "string"})]
Static = Annotated[Any, BeforeValidator(_static), WithJsonSchema({})]
Form = Annotated[
    template.FormTemplate,
    BeforeValidator(_form),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [SCALAR, {"type": "array", "items": SCALAR}],
            },
        }
    ),
]
Body = Annotated[template.BodyTemplate, BeforeValidator(_body), WithJsonSchema({"type": ["object", "array", "string"]})]
