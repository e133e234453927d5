"""Whatever form a secret is written in, a mark stands in its place."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fanin.credentials.secrets.redaction import MAX_PRESENTED, SHORTEST, Redaction, redaction_of

HOSTILE = 'p"a\\s/s+w=o r&d?é%41'


@pytest.mark.parametrize("value", ["s3cr3t-value", HOSTILE])
@pytest.mark.parametrize(
    "written",
    [
        "GET /a?k={} HTTP/1.1".format,
        lambda value: f"https://a.example/?k={quote(value, safe='')}&b=1",
        lambda value: f"https://a.example/{quote(value)}/b",
        lambda value: f"https://a.example/?{urlencode({'k': value})}",
        lambda value: re.sub("%..", lambda found: found[0].lower(), quote_plus(value)),
        lambda value: json.dumps({"k": value}),
        lambda value: json.dumps({"k": f"it is {value}!"}, ensure_ascii=False),
        lambda value: repr({"k": value}),
        lambda value: repr(json.dumps({"k": value})),
        lambda value: json.dumps(json.dumps({"k": value})),
        lambda value: f"Basic {base64.b64encode(value.encode()).decode()}",
        lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        lambda value: f"{value}{value}",
    ],
    ids=[
        "as it is",
        "in a query",
        "in a path",
        "in a form",
        "percent in lower case",
        "in JSON",
        "in JSON of UTF-8",
        "in a repr",
        "in a repr of JSON",
        "in JSON of JSON",
        "in Basic",
        "in base64 for URLs",
        "twice",
    ],
)
def test_a_value_is_marked_however_it_is_written(written: Callable[[str], str], value: str) -> None:
    redaction = Redaction()
    redaction.learn("key", value)
    shown = redaction(written(value))
    assert "[key]" in shown
    assert "s3cr3t" not in shown
    assert "w=o" not in shown
    assert "w%3Do" not in shown


@given(st.text(min_size=SHORTEST), st.text(), st.text())
def test_no_value_is_left(value: str, before: str, after: str) -> None:
    assume("[" not in value and "]" not in value and "k" not in value)
    redaction = Redaction()
    redaction.learn("k", value)
    assert value not in redaction(before + value + after).replace("[k]", "")


def test_a_value_that_holds_another_is_marked_as_a_whole() -> None:
    redaction = Redaction()
    redaction.learn("short", "secret")
    redaction.learn("long", "secret-and-more")
    assert redaction("secret-and-more, secret") == "[long], [short]"


def test_a_value_that_is_too_short_is_left() -> None:
    redaction = Redaction()
    redaction.learn("pin", "123")
    redaction.learn("none", "")
    assert redaction("123 of 1234") == "123 of 1234"


def test_a_value_from_before_a_rotation_is_still_marked_and_there_are_not_endlessly_many() -> None:
    redaction = Redaction(most=100)
    for number in range(1000):
        redaction.learn("key", f"value-{number:06}")
    assert redaction("value-000999 value-000980") == "[key] [key]"
    assert len(redaction._known[1]) == 100


PRESENTED = "fanin_wq7zba65a2r2_hVaRX0t1ZLqwI2WLaJz6WZmP4S2nihy2"


def test_what_a_client_presents_is_marked() -> None:
    redaction = Redaction()
    redaction.learn_presented("api key", PRESENTED)
    coded = base64.b64encode(PRESENTED.encode()).decode()
    assert redaction(f"a={PRESENTED}&b={coded}") == "a=[api key]&b=[api key]"


def test_clients_push_no_secret_out() -> None:
    """However many values they present, and only the latest of these are known."""
    redaction = Redaction(most=50)
    redaction.learn("own", "the-functions-own-secret")
    for number in range(MAX_PRESENTED + 1):
        redaction.learn_presented("api key", f"{number:030d}")
    assert redaction("the-functions-own-secret") == "[own]"
    assert redaction(f"{MAX_PRESENTED:030d}") == "[api key]"
    assert redaction(f"{0:030d}") == f"{0:030d}"
    assert len(redaction._known[0]) == MAX_PRESENTED


@pytest.mark.parametrize("value", ["GET", "SourceUnavailable", "/trip/Lisbon/and/so/on/and/on", "a" * 201, "a b" * 10])
def test_no_client_hides_words_of_the_log(value: str) -> None:
    redaction = Redaction()
    redaction.learn_presented("api key", value)
    assert redaction(f"it says {value}") == f"it says {value}"


def test_a_functions_own_credentials_are_hidden_from_the_first_line_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda hands them over in the environment, where a careless line of a handler may find them."""
    monkeypatch.setattr("fanin.credentials.secrets.redaction._REDACTION", Redaction())  # the process has one
    environment = {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG", "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEBYaDK"}
    hidden = redaction_of(environment)("env: wJalrXUtnFEMI/K7MDENG and FwoGZXIvYXdzEBYaDK")
    assert hidden == "env: [aws_secret_access_key] and [aws_session_token]"


def test_a_secret_that_another_thread_learns_while_marks_are_put_in_order_is_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes too late for the text under way, and not for the next."""
    redaction = Redaction()
    redaction.learn("first", "the-first-secret")

    def ordered(*arguments: Any, **options: Any) -> Any:
        redaction.learn("second", "the-second-secret")
        return sorted(*arguments, **options)

    monkeypatch.setattr("fanin.credentials.secrets.redaction.sorted", ordered, raising=False)
    redaction("a text")
    monkeypatch.undo()
    assert redaction("the-first-secret the-second-secret") == "[first] [second]"
