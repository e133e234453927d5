"""From a response to the JSON that it holds, or to the failure that it means."""

from pathlib import Path
from typing import Any, get_args

import pytest

from fanin.config import Source
from fanin.config.values import Json
from fanin.contract import answers
from fanin.engine.call import NO_CONTENT, Call, Response
from fanin.engine.outcome import Outcome
from fanin.errors import NotFound, SourceError, SourceRejected, SourceUnavailable, SourceUndecodable
from fanin.sources import decoders
from fanin.sources.meaning import decode, decoded
from fanin.testing import fake_clock
from tests.unit.scenario import call_of, config_of

SOURCE = config_of('[sources.a]\nurl = "https://a.example"\n[endpoints]\n').sources["a"]


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((404, 410), NotFound),
        ((202, 408, 425, 429, 500, 502, 503, 504, 599), SourceUnavailable),
        ((301, 302, 304, 307, 400, 401, 403, 405, 418, 422, 451), SourceRejected),
    ],
)
def test_a_status_other_than_success_is_a_failure(statuses: tuple[int, ...], kind: type[SourceError]) -> None:
    """Gone, later or refused; a redirect is refused too, since it is not followed; the body does not matter."""
    for status in statuses:
        with pytest.raises(kind) as caught:
            decoded(SOURCE, Response(status, {}, b"{}"))
        assert caught.value.source == "a"


def test_an_answer_that_comes_later_says_so_and_when() -> None:
    """202 is no value: its body tells of work that is not done."""
    with pytest.raises(SourceUnavailable, match="a answered with status 202: its answer will be there later") as caught:
        decoded(SOURCE, Response(202, {"retry-after": "7"}, b'{"state": "queued"}'))
    assert (caught.value.retry_after, caught.value.retryable) == (7.0, True)


@pytest.mark.parametrize("status", [400, 401, 403, 413, 451])
def test_a_refusal_that_says_when_to_ask_again_is_like_429(status: int) -> None:
    """Whatever its 4xx; one that cannot be read says nothing."""
    with pytest.raises(SourceUnavailable) as caught:
        decoded(SOURCE, Response(status, {"retry-after": "7"}, b"{}"))
    assert (caught.value.retry_after, caught.value.retryable) == (7.0, True)
    with pytest.raises(SourceRejected):
        decoded(SOURCE, Response(status, {"retry-after": "soon"}, b"{}"))


@pytest.mark.parametrize("status", [301, 404, 410])
def test_no_redirect_and_nothing_that_is_gone_is_asked_for_again(status: int) -> None:
    with pytest.raises(NotFound if status >= 400 else SourceRejected):
        decoded(SOURCE, Response(status, {"retry-after": "7"}, b"{}"))


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": 1}'])
def test_an_answer_without_content_is_no_failure(body: bytes) -> None:
    """Whatever stands in its body all the same."""
    for status in (204, 205):
        assert decoded(SOURCE, Response(status, {}, body)) is NO_CONTENT


def test_one_byte_order_mark_before_json_is_ignored() -> None:
    assert decoded(SOURCE, Response(200, {}, b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a": 1}', {"a": 1}), (b" [1.5, null] ", [1.5, None]), (b"0", 0), ('"é"'.encode(), "é")]
)
def test_the_body_of_a_success_is_read_as_json(body: bytes, value: Json) -> None:
    """Of any kind, under any 2xx."""
    for status in (200, 201, 203, 299):
        assert decoded(SOURCE, Response(status, {}, body)) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b"{'a': 1}",
        b"NaN",
        b"[Infinity]",
        b'"\xff"',
        b'"\\ud800"',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b"{}\xef\xbb\xbf",
        b"[1e999]",
        b"{} x",
    ],
)
def test_anything_else_is_undecodable(body: bytes) -> None:
    """No NaN, no lone surrogate, no byte-order mark but one at the beginning, nothing behind the value."""
    with pytest.raises(SourceUndecodable):
        decoded(SOURCE, Response(200, {}, body))


@pytest.mark.parametrize("depth", [100, 254, 255, 500, 1023, 5000])
def test_what_is_decoded_can_be_answered(depth: int) -> None:
    """JSON nested too deep to be written out again is undecodable when it is read, not an error of fanin's later."""
    try:
        value: Any = decoded(SOURCE, Response(200, {}, b"[" * depth + b"]" * depth))
    except SourceUndecodable:
        return
    assert answers.json_answer({"a": value}, "id").status == 200


def test_every_format_of_fanin_toml_has_a_decoder_and_no_other_has() -> None:
    """By its name: the other modules of the folder are what decoders share."""
    folder = Path(decoders.__file__).parent
    decoding = {file.stem for file in folder.glob("[a-z]*.py") if "def value_of(" in file.read_text()}
    formats = set(get_args(Source.model_fields["format"].annotation))
    assert formats == decoding
    assert all(callable(decoders.decoder_of(form)) for form in formats)


def test_the_policy_keeps_what_is_known_of_the_outcome() -> None:
    """Only the value changes, and the bytes that it was read from are counted."""

    async def fetch(_: Call) -> Outcome[Any]:
        return Outcome(Response(200, {}, b"[1]"), None, "stale", 5.0, 2)

    async def body() -> Outcome[Any]:
        return await decode(fetch)(call_of(SOURCE))

    assert fake_clock.run(body()) == Outcome([1], None, "stale", 5.0, 2, size=3)
