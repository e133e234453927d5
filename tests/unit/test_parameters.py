"""fanin.config.parameters: the check of what a client sends."""

from typing import Any

import pytest

from fanin.config.parameters import Parameter
from fanin.config.sent_parameters import Parameters
from fanin.errors import RequestError


def check(sent: dict[str, str], **declared: dict[str, Any]) -> dict[str, Any]:
    """Check what is sent against declarations."""
    return Parameters({name: Parameter(**keys) for name, keys in declared.items()}).check(sent)


def refused(sent: dict[str, str], **declared: dict[str, Any]) -> RequestError:
    """Check what is sent, and give the refusal."""
    with pytest.raises(RequestError) as caught:
        check(sent, **declared)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "a b", "a b"),
        ("integer", "-3", -3),
        ("number", "1.5", 1.5),
        ("number", "-97.0", -97),
        ("number", "1e3", 1000),
        ("number", "1e300", 1e300),
        ("boolean", "true", True),
    ],
)
def test_texts_are_read_as_the_declared_type(kind: str, text: str, value: object) -> None:
    """And have it from there on."""
    checked = check({"p": text}, p={"type": kind})
    assert checked == {"p": value}
    assert type(checked["p"]) is type(value)


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, ""),
        ({}, "a" * 257),
        ({"min_length": 2}, "a"),
        ({"max_length": 2}, "abc"),
        ({"pattern": "[a-z]+"}, "abC"),
        ({"pattern": "a|b"}, "ab"),
        ({"pattern": "[a-z]+"}, "abc\n"),
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "x"),
        ({"type": "integer", "minimum": 1}, "0"),
        ({"type": "integer", "maximum": 16}, "17"),
        ({"type": "number"}, "nan"),
        ({"type": "number"}, "inf"),
        ({"type": "number"}, "1e999"),
        ({"type": "boolean"}, "maybe"),
    ],
)
def test_what_a_parameter_does_not_take_is_refused(keys: dict[str, Any], text: str) -> None:
    """Bounds hold, and a pattern must match the whole text."""
    error = refused({"p": text}, p=keys)
    assert (error.status, error.problem) == (422, "bad-parameter")
    assert [name for name, _ in error.parameters] == ["p"]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({}, "a" * 256),
        ({"min_length": 0}, ""),
        ({"pattern": "[a-z]+"}, "abc"),
        ({"type": "integer", "minimum": 1, "maximum": 1}, "1"),
        ({"type": "number", "minimum": 0}, "0"),
    ],
)
def test_bounds_are_inclusive(keys: dict[str, Any], text: str) -> None:
    """What just fits is taken."""
    check({"p": text}, p=keys)


def test_every_wrong_parameter_is_named() -> None:
    """Missing ones too, each with what is wrong."""
    error = refused({"a": "x"}, a={"type": "integer"}, b={}, c={"default": "y"})
    assert [name for name, _ in error.parameters] == ["a", "b"]
    assert "a: " in error.detail
    assert "b: field required" in error.detail


def test_a_default_stands_in_and_undeclared_parameters_are_passed_over() -> None:
    """Only what is declared reaches the sources."""
    assert check({"z": "1"}, n={"type": "integer", "default": 3}) == {"n": 3}


@pytest.mark.parametrize(("kind", "default", "value"), [("integer", "3", 3), ("integer", 3.0, 3)])
def test_a_default_has_the_declared_type(kind: str, default: object, value: object) -> None:
    """As if the client had sent it, or else it is refused when it is declared."""
    try:
        checked = check({}, n={"type": kind, "default": default})
    except ValueError:
        return
    assert checked == {"n": value}
    assert type(checked["n"]) is type(value)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({"type": "number", "default": 2.0}, 2),
        ({"type": "number", "default": 2.5}, 2.5),
        ({"type": "list", "items": {"type": "number"}, "default": [2.0, 2.5]}, [2, 2.5]),
    ],
)
def test_a_default_is_what_a_client_would_send(keys: dict[str, Any], value: object) -> None:
    """So that a URL is the same whether the client writes 2.0 or leaves it out."""
    checked = check({}, p=keys)
    assert repr(checked["p"]) == repr(value)


@pytest.mark.parametrize(
    "name", ["from", "json", "schema", "copy", "model_config", "model_dump", "model_fields", "self"]
)
def test_any_name_may_be_a_parameters(name: str) -> None:
    """Python's words and pydantic's are names like any other, without a warning."""
    assert check({name: "x"}, **{name: {}}) == {name: "x"}


def test_integers_beyond_json_are_refused() -> None:
    """What no 64-bit integer holds could not be sent to a source."""
    assert refused({"n": str(10**20)}, n={"type": "integer"}).status == 422


@pytest.mark.parametrize("sent", ["1_000", " 1", "1 ", "0x1", "1.0", "\u0661"])
def test_an_integer_is_written_in_digits(sent: str) -> None:
    """Python's own reading takes more."""
    assert refused({"n": sent}, n={"type": "integer"}).status == 422


@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_boolean_of_json_is_no_number(kind: str) -> None:
    """In a job and over WebSocket, where parameters are JSON. Python's own reading takes it for 1."""
    declared: dict[str, Any] = {"type": kind}
    with pytest.raises(RequestError, match="in digits only"):
        Parameters({"n": Parameter(**declared)}).check({"n": True})


@pytest.mark.parametrize("sent", ["1_0.5", " 1.5", "nan", "inf", "0x1p3", "1."])
def test_a_number_is_written_as_json_writes_it(sent: str) -> None:
    assert refused({"n": sent}, n={"type": "number"}).status == 422
