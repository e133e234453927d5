"""Why a request has no answer, as a problem (RFC 9457): it is refused, too little of it succeeded, or fanin failed."""

from collections.abc import Mapping
from types import MappingProxyType

from fanin.config.values import Json
from fanin.contract.headers import Headers, passed_headers
from fanin.engine.problems import source_problem, type_of
from fanin.engine.result import Result
from fanin.errors import (
    CallerNotAllowed,
    ClientValueRefused,
    NotFound,
    RequestError,
    SourceError,
    SourceTimeout,
)

_WHOLE = {
    403: ("not-allowed", "Not allowed"),
    404: ("not-found", "Not found"),
    422: ("value-refused", "Value refused"),
    504: ("sources-timed-out", "Sources timed out"),
}
_FAILED = ("sources-failed", "Sources failed")


def internal_problem() -> dict[str, Json]:
    """Describe a fault of fanin's own as a problem."""
    return as_problem(500, "internal-error", "Internal error", "fanin failed; its log says why")


def request_problem(error: RequestError) -> dict[str, Json]:
    """Describe why a request is refused as a problem."""
    more: dict[str, Json] = {"parameters": dict(error.parameters)} if error.parameters else {}
    if error.violations:
        more["input"] = dict(error.violations)
    return as_problem(error.status, error.problem, error.title, error.detail, more)


def whole_problem(result: Result) -> dict[str, Json] | None:
    """Describe why a request came to nothing, with the problem of each source that failed; None where it did not."""
    if decisive := _decisive(result):
        if passed := _first_passed(decisive):
            whole = {name: member for name, member in source_problem(passed).items() if name != "attempts"}
            return {**whole, **_parts(result)}
        return as_problem(*_whole_problem(decisive), _parts(result))
    if result.picked and result.picked.failure:
        detail = f"the pick of {result.goal.name} {result.picked.failure}"
        if result.goal.pick and result.goal.pick.of_client:
            return as_problem(422, *_WHOLE[422], detail, _parts(result))
        return as_problem(502, "answer-undecodable", "Answer undecodable", detail, _parts(result))
    if result.picked and result.picked.body is None:
        return as_problem(404, *_WHOLE[404], f"{result.goal.name} has no such thing", _parts(result))
    return None


def _parts(result: Result) -> dict[str, Json]:
    """Say in the problem of a request what each source came to that failed, and each write."""
    parts: dict[str, Json] = {}
    if problems := problems_of(result):
        parts["sources"] = problems
    if result.writes:
        parts["writes"] = dict(result.writes)
    return parts


def _decisive(result: Result) -> dict[str, SourceError]:
    """Give the failures for which there is no answer.

    These are those of required sources, or of all that are listed; of an endpoint whose `pick` reads the errors of one
    that failed, or gives something else than null, only the former.
    """
    if not (failures := result.failures):
        return {}
    required = {name: failures[name] for name in result.goal.required if name in failures}
    listed = {name: failures[name] for name in result.goal.sources if name in failures}
    all_failed = len(listed) == len(result.goal.sources)
    if required or result.picked is None:
        return required or (listed if all_failed else {})
    if result.picked.body is None and not result.picked.failure:
        return failures
    expected = result.goal.pick is not None and not failures.keys().isdisjoint(result.goal.pick.errors)
    return listed if all_failed and not expected else {}


def _first_passed(decisive: Mapping[str, SourceError]) -> SourceError | None:
    """Give the failure that is passed on to the client: the first, in the order of `required`, that is to be."""
    return next((error.root for error in decisive.values() if error.root.passed), None)


def passed_on(result: Result) -> Headers:
    """Give the headers of a source's refusal that go to the client with it; none if no refusal is passed on."""
    passed = _first_passed(_decisive(result))
    return passed_headers(passed) if passed else ()


def _whole_problem(decisive: Mapping[str, SourceError]) -> tuple[int, str, str, str]:
    """Give status, type, title and detail of a request without an answer."""
    roots = {error.root.source: error.root for error in decisive.values()}
    status = 502
    for whole, kind in ((403, CallerNotAllowed), (404, NotFound), (504, SourceTimeout)):
        if all(isinstance(error, kind) for error in roots.values()):
            status = whole
    of_request = all(isinstance(error, ClientValueRefused | CallerNotAllowed | NotFound) for error in roots.values())
    if of_request and any(isinstance(error, ClientValueRefused) for error in roots.values()):
        status = 422
    problem, title = _WHOLE.get(status, _FAILED)
    return status, problem, title, "; ".join(error.detail for error in roots.values())


def problems_of(result: Result) -> Json:
    """Give the problem of each source that failed, or whose value lacks a part."""
    return {name: source_problem(error) for name, error in result.problems.items()}


def as_problem(
    status: int, problem: str, title: str, detail: str, more: Mapping[str, Json] = MappingProxyType({})
) -> dict[str, Json]:
    """Write a problem: its status, its name, its title, why it is there, and what else it tells."""
    return {"type": type_of(problem), "title": title, "status": status, "detail": detail, **more}
