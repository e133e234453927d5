"""fanin.errors: every error that fanin raises, as one tree."""

import re

import pytest

from fanin import errors
from fanin.config.finding import Finding
from fanin.engine.refusals import unknown_path, wrong_method
from fanin.errors import DependencyFailed, FaninError, NotFound, RequestError, SourceError, SourceTimeout


def kinds() -> list[type[SourceError]]:
    """Give every kind of failure of a source."""
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SourceError)]


def test_every_error_is_a_fanin_error() -> None:
    """One except clause takes them all."""
    exceptions = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, FaninError) for kind in exceptions)


def test_every_kind_of_failure_is_a_problem_of_its_own() -> None:
    """Each has its own last segment of a type and title, and an HTTP status of failure."""
    concrete = [kind for kind in kinds() if not kind.__subclasses__()]
    assert len({kind.problem for kind in concrete}) == len({kind.title for kind in concrete}) == len(concrete)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.problem) for kind in concrete)
    assert all(400 <= kind.status < 600 for kind in concrete)


def test_only_what_time_may_mend_is_retryable() -> None:
    """No whole answer, or none for now."""
    assert {kind.problem for kind in kinds() if kind.retryable} == {"source-timeout", "source-unavailable"}


def test_the_root_of_a_chain_of_dependencies_is_the_failure_at_its_start() -> None:
    """However long the chain; of any other failure it is itself."""
    root = NotFound("a", "nothing")
    chain = DependencyFailed("c", DependencyFailed("b", root))
    assert chain.root is root
    assert chain.attempts == 0
    assert "b" in chain.detail
    assert root.root is root
    assert SourceTimeout("a", "late").attempts == 1


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding("r", ("a", "b", 0), "wrong", "Mend it", 3, 5), "3:5: a.b.0: wrong. Mend it [r]"),
        (Finding("r", (), "wrong", "Mend it"), "wrong. Mend it [r]"),
    ],
)
def test_a_finding_is_one_line(finding: Finding, text: str) -> None:
    """Place, key, message, fix and rule; what there is not is left out."""
    assert str(finding) == text


def test_refusals_have_their_statuses() -> None:
    """As the contract's table has them."""
    found: list[RequestError] = [
        errors.bad_parameters([("a", "wrong"), ("b", "missing")]),
        unknown_path(),
        wrong_method(["GET", "POST"]),
    ]
    assert [error.status for error in found] == [422, 404, 405]
    assert found[0].detail == "a: wrong; b: missing"
    assert found[2].headers == (("Allow", "GET, HEAD, POST"),)
