"""What fanin.toml says of answers: its mistakes, each with a fix that repairs, and what else it changes."""

from typing import Any

import pytest

from fanin.config import Source, parse
from fanin.config.finding import ConfigError
from fanin.contract.answers import source_failure
from fanin.engine.call import Response
from fanin.errors import SourceError, SourceRejected
from fanin.sources.meaning import decoded
from tests.unit.scenario import config_of

SOURCE = '[sources.a]\nurl = "https://a.example"\n{}\n[endpoints]\n'


BATCH = "for_each = '`[1]`'\nmethod = 'POST'\nwrites = false\nbody = ['{each}']\nbatch = { size = 2, by = 'id' }\n"


def source(lines: str) -> Source:
    """Read a source with these lines."""
    return config_of(SOURCE.format(lines)).sources["a"]


@pytest.mark.parametrize(
    ("lines", "rule", "message", "repaired"),
    [
        ("statuses = { 199 = 'null' }", "bad-statuses", "no answer has the status 199", "statuses = { 299 = 'null' }"),
        ("statuses = { 2xx = 'null' }", "bad-statuses", "no answer has the status 2xx", "statuses = { 200 = 'null' }"),
        (
            "statuses = { 302 = 'pass' }",
            "bad-statuses",
            "'302' is no HTTP status of a failure",
            "statuses = { 302 = 'rejected' }",
        ),
        (
            "status_from = 'a'\nstatuses = { gone = 'pass' }",
            "bad-statuses",
            "'gone' is no HTTP status of a failure",
            "status_from = 'a'\nstatuses = { gone = 'rejected' }",
        ),
        (
            "statuses = { gone = 'missing' }",
            "bad-statuses",
            "'gone' is no HTTP status, and nothing says where the API's own is",
            "status_from = 'a'\nstatuses = { gone = 'missing' }",
        ),
        (
            "status_from = 'a'",
            "bad-statuses",
            "nothing says what the API's own status means",
            "status_from = 'a'\nstatuses = { '*' = 'rejected' }",
        ),
        ("statuses = { 404 = 'nul' }", "bad-value", "'nul' is none of its values", "statuses = { 404 = 'null' }"),
        (
            "format = 'text'\nexpect = { type = 'object' }",
            "bad-expect",
            "'text' gives a value of the type string",
            "format = 'text'\nexpect = { type = 'string' }",
        ),
        (
            "format = 'csv'\nexpect = { type = ['object', 'null'] }",
            "bad-expect",
            "'csv' gives a value of the type array",
            "format = 'csv'\nexpect = { type = ['array', 'null'] }",
        ),
        ("missing = 'nothing'", "bad-value", "'nothing' is none of its values", "missing = 'null'"),
        ("problem = 'a.['", "bad-jmespath", "not JMESPath", "problem = 'a'"),
        ("status_from = '@.'", "bad-jmespath", "not JMESPath", "status_from = '@'\nstatuses = { '*' = 'rejected' }"),
    ],
)
def test_a_mistake_is_found_and_its_fix_repairs(lines: str, rule: str, message: str, repaired: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"fanin = 1\n{SOURCE.format(lines)}", {})
    assert [finding.rule for finding in caught.value.findings] == [rule]
    assert message in caught.value.findings[0].message
    source(repaired)


@pytest.mark.parametrize(
    "lines",
    [
        "pick = 'length(@)'\nexpect = { type = 'integer' }",
        f"{BATCH}expect = {{ type = 'object' }}",
    ],
    ids=["what is picked", "a batch, whose rows are held to it one by one"],
)
def test_a_type_that_a_format_does_not_give_may_be_that_of(lines: str) -> None:
    assert source(f"format = 'csv'\n{lines}").expect


def test_over_100_statuses_are_refused() -> None:
    table = ", ".join(f"s{number} = 'null'" for number in range(101))
    with pytest.raises(ConfigError, match="over 100 entries"):
        source(f"status_from = 'a'\nstatuses = {{ {table} }}")


@pytest.mark.parametrize("status", [402, 503])
def test_what_is_passed_on_is_not_asked_for_again_and_opens_no_breaker(status: int) -> None:
    """It is an answer, as the file says."""
    with pytest.raises(SourceRejected) as caught:
        decoded(source("statuses = { 4xx = 'pass', 5xx = 'pass' }"), Response(status, {"retry-after": "7"}, b""))
    error = caught.value
    assert (error.retryable, error.unhealthy, error.status, error.retry_after) == (False, False, status, 7.0)
    assert SourceRejected("a", "a").status == 502


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ("forward = ['AUTHORIZATION']", 401),
        ("forward = ['Cookie', 'Accept-Language']", 401),
        ("forward = ['Cookie']\nstatuses = { 403 = 'missing' }", 401),
        ("forward = ['Cookie']\nstatuses = { 401 = 'rejected' }", 502),
        ("forward = ['Cookie']\nstatuses = { 4xx = 'rejected' }", 502),
        ("forward = ['Cookie']\nauth = { bearer = '{!key}' }", 502),
        ("forward = ['Cookie']\nheaders = { X-Key = '{!key}' }", 502),
        ("forward = ['Accept-Language']", 502),
        ("", 502),
    ],
)
def test_a_401_is_the_clients_whose_credentials_alone_were_handed_on(keys: str, status: int) -> None:
    with pytest.raises(SourceRejected) as caught:
        decoded(source(keys), Response(401, {}, b""))
    assert (caught.value.status, caught.value.passed) == (status, status == 401)


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        ('Basic realm="a"', ['Basic realm="a"']),
        ("", []),
        ("Basic \xe9", []),
        ("Basic \t", []),
        ("a" * 1_024, ["a" * 1_024]),
        ("a" * 1_025, []),
    ],
)
def test_a_challenge_is_passed_on_if_a_header_may_have_it(challenge: str, told: list[str]) -> None:
    with pytest.raises(SourceRejected) as caught:
        decoded(source("statuses = { 401 = 'pass' }"), Response(401, {"www-authenticate": challenge}, b""))
    answer = source_failure(caught.value, "id")
    assert answer.status == 401
    assert [value for name, value in answer.headers if name == "WWW-Authenticate"] == told


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b'{"m": {"a": 1, "b": null}}', {"a": 1}),
        (b'{"m": [1]}', {}),
        (b'{"m": "text"}', {}),
        (b"{}", {}),
        (b"", {}),
        (b"<html>", {}),
        (b'{"m": {"type": 1, "status": 2, "attempts": 3, "request_id": 4, "sources": 5}}', {}),
        (b'{"m": {"title": "t", "detail": 3}}', {"title": "t"}),
        (b'{"m": {"a": "%b"}}' % (b"a" * 4_086), {"a": "a" * 4_086}),
        (b'{"m": {"a": "%b"}}' % (b"a" * 4_089), {}),
    ],
)
def test_a_problem_has_small_members_of_an_object_only(body: bytes, members: dict[str, Any]) -> None:
    with pytest.raises(SourceError) as caught:
        decoded(source("problem = 'm'"), Response(400, {}, body))
    assert caught.value.members == members


def test_what_judges_an_answer_is_part_of_what_it_is_kept_under() -> None:
    """Another meaning is another answer; and files without these keys keep what they have."""
    plain, judged, otherwise = (
        source(lines).asks_as for lines in ("", "statuses = { 404 = 'null' }", "statuses = { 404 = 'value' }")
    )
    assert len({plain, judged, otherwise}) == 3
    assert plain == "0 False json None"
