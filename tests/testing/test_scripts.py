"""fanin.testing's scripts: what a fake source does."""

from pathlib import Path

import pytest

from fanin import errors
from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.testing import App, FakeSource, Script, fails, gives, hangs
from tests.testing.world import MODELS, WORLD

LEAVES = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.SourceError) and not error.__subclasses__()
]
"""Every kind of failure that a call can come to."""


@MODELS
@pytest.mark.parametrize("kind", [kind for kind in LEAVES if kind not in {errors.DependencyFailed, errors.ItemsFailed}])
def test_every_kind_of_failure_can_be_had(toml: Path, prefix: str, kind: type[errors.SourceError]) -> None:
    """After the time that the script says."""
    app = App(toml, WORLD | {"weather": fails(kind, after=0.5)})
    reply = app.get(f"{prefix}/trip/Lisbon")
    assert reply.sources["weather"] == kind.problem
    span = app.sources["weather"].calls[0].span
    assert span.duration == pytest.approx(0.5)


def test_a_failed_dependency_has_no_call_to_script() -> None:
    """It follows from the script of another source."""
    with pytest.raises(ValueError, match="script that source"):
        fails(errors.DependencyFailed)
    with pytest.raises(ValueError, match="script the call of each item"):
        fails(errors.ItemsFailed)


@MODELS
@pytest.mark.parametrize(
    ("script", "state"),
    [
        (gives(None), "not-found"),
        (gives({}, status=404), "not-found"),
        (gives({}, status=503), "source-unavailable"),
        (gives({}, status=301), "source-rejected"),
        (gives(b"<html>"), "source-undecodable"),
        (gives(b'{"t": 21}'), "fresh"),
        (gives("x" * 1000), "source-too-large"),
        (gives({}, after=0.8), "source-timeout"),
        (gives({}, after=0.79), "fresh"),
        (hangs(), "source-timeout"),
    ],
    ids=["null", "404", "503", "301", "html", "bytes", "too large", "at the timeout", "just before it", "hanging"],
)
def test_answers_mean_what_they_mean_in_the_functions(toml: Path, prefix: str, script: Script, state: str) -> None:
    """Status, bytes, cap and time are judged by the real steps of the pipeline."""
    reply = App(toml, WORLD | {"weather": script}).get(f"{prefix}/trip/Lisbon")
    assert reply.sources["weather"] == state


@MODELS
def test_of_several_scripts_each_is_for_one_call(toml: Path, prefix: str) -> None:
    """And the last for all that follow."""
    lisbon = gives({"results": [{"name": "Lisbon"}]})
    app = App(toml, {"geo": [fails(errors.SourceUnavailable), gives({"results": []}), lisbon]})
    assert [app.get(f"{prefix}/place/Lisbon").status for _ in range(4)] == [502, 404, 200, 200]
    assert len(app.sources["geo"].calls) == 4


@MODELS
def test_a_function_of_ones_own_is_a_script(toml: Path, prefix: str) -> None:
    """It sees what is asked."""

    async def geo(call: Call) -> Outcome[Response]:
        known = call.request.url.endswith("name=Lisbon")
        return await gives({"results": [{"name": "Lisbon"}] if known else []})(call)

    app = App(toml, {"geo": geo})
    assert [app.get(f"{prefix}/place/{city}").status for city in ("Lisbon", "Nowhere")] == [200, 404]


def test_a_fake_source_starts_without_calls() -> None:
    """Until it is asked."""
    assert FakeSource().urls == []


@MODELS
def test_a_fake_follows_no_redirect(tmp_path: Path, prefix: str) -> None:
    """It stands where the client does, which would follow it: the answer at the end is what a test scripts."""
    file = tmp_path / "fanin.toml"
    file.write_text(
        'fanin = 1\nsources.a = { url = "https://a.example/", redirects = 1 }\n'
        'endpoints.e = { path = "/e", sources = ["a"] }\n'
    )
    app = App(file, {"a": gives(None, status=302, headers={"Location": "https://a.example/next"})})
    assert app.get(f"{prefix}/e").sources == {"a": "source-rejected"}
