"""How fanin.toml says what an API's answers mean, and how one answer leads to the next."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from fanin.config.bounds import MAX_LEVELS
from fanin.config.expressions.keys import BodyExpression, MembersExpression, ResponseExpression
from fanin.config.late_pattern import LatePattern
from fanin.config.mistake import Mistake, quoted
from fanin.config.schemas import Schema

if TYPE_CHECKING:
    from fanin.config.expressions import Expression

Meaning = Literal["value", "null", "missing", "unavailable", "rejected", "pass"]
"""What a status means: the answer is the value; the value is null; there is no such thing; the answer comes later; the
call is refused; or it is refused, and the client is told with which status."""

Format = Literal["json", "ndjson", "csv", "text", "bytes", "xml", "feed"]
"""What answers are written in."""
ACCEPTED: Mapping[str, str] = {
    "ndjson": "application/x-ndjson, application/jsonl, application/json;q=0.5, */*;q=0.1",
    "csv": "text/csv, text/plain;q=0.5, */*;q=0.1",
    "text": "text/plain, */*;q=0.5",
    "bytes": "*/*",
    "xml": "application/xml, text/xml, */*;q=0.1",
    "feed": "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
}
"""What requests say by `Accept` that they want, for formats other than JSON."""

GIVES: Mapping[str, str] = {"ndjson": "array", "csv": "array", "text": "string", "bytes": "string"}
"""The type of the value that an answer is read as, in JSON Schema's words, where its format alone decides it."""

ANY_OTHER = "*"
"""Stands for all statuses of the API's own that have no entry."""
DEFAULTS: Mapping[str, Meaning] = {
    "202": "unavailable",
    "204": "null",
    "205": "null",
    "404": "missing",
    "410": "missing",
}
"""What HTTP statuses mean that a source has no entry for, beside those that say it by their class."""

_HTTP = LatePattern(r"[1-5][0-9]{2}|[0-9]xx")
_MEANT = LatePattern(r"[2-5][0-9]{2}|[45]xx")
_RANGE = LatePattern(r"[45][0-9x]{2} ?- ?[45][0-9x]{2}|[45]\*|[45][*?X]{2}|[45]_?x{1,3}")
_FAILED = ("4", "5")
_DROP_STEP = LatePattern(r"[A-Za-z_][A-Za-z0-9_\-]*(?:\[\])?")
_MOST = 100
"""Entries of a table."""


def _drop(path: str) -> str:
    if path.count(".") >= MAX_LEVELS:
        message, fix = f"a path of over {MAX_LEVELS} names", "No answer has so many levels: write fewer names"
        raise Mistake("bad-drop", message, fix)
    if not all(_DROP_STEP.compiled.fullmatch(step) for step in path.split(".")):
        fix = 'Write names with dots, [] behind one for each item of a list: "days[].note"'
        raise Mistake("bad-drop", f"{quoted(path)} is no path into a value", fix)
    return path


def _statuses(statuses: dict[str, Meaning]) -> dict[str, Meaning]:
    """Hold a table to the statuses that there are.

    Raises:
        Mistake: an HTTP status that no answer has, or `pass` for a status that no failure has.
    """
    if len(statuses) > _MOST:
        raise Mistake("bad-statuses", f"it has over {_MOST} entries", f'Write "{ANY_OTHER}" for all others')
    for status, meaning in statuses.items():
        if fix := _meant(status):
            raise Mistake("bad-statuses", f"{quoted(status)} is no HTTP status", fix, status)
        if of_http(status) and not _MEANT.compiled.fullmatch(status):
            fix = "Write a status from 200 to 599, 4xx or 5xx"
            raise Mistake("bad-statuses", f"no answer has the status {status}", fix, status)
        if meaning == "pass" and not (of_http(status) and status.startswith(_FAILED)):
            message = f"{quoted(status)} is no HTTP status of a failure, which a client could be told"
            fix = 'Write "rejected"; or a status from 400 to 599' if status.isdecimal() else 'Write "rejected"'
            raise Mistake("bad-statuses", message, fix, status)
    return statuses


def _meant(status: str) -> str:
    """Say what to write for what is nearly an HTTP status; empty for anything else."""
    if of_http(status.lower()) and not of_http(status):
        return f"Write {status.lower()}"
    if not of_http(status) and _RANGE.compiled.fullmatch(status):
        return f"Write {status[0]}xx for all of them, or each status by itself"
    return ""


def of_http(status: str) -> bool:
    """Whether an entry is about a status of HTTP's; one that has the same digits as the API's own is about both."""
    return bool(_HTTP.compiled.fullmatch(status))


Statuses = Annotated[dict[str, Meaning], AfterValidator(_statuses)]


OWN_MEMBERS = frozenset(("type", "status", "attempts", "request_id", "sources", "failed", "items", "writes", "errors"))
"""Members of problems that only fanin writes."""


def _problem(expression: "Expression") -> "Expression":
    """Refuse members that would be left out."""
    for name in expression.made_keys or ():
        if name in OWN_MEMBERS:
            message = f"the member {name} of a problem is fanin's own"
            raise Mistake("reserved-name", message, "Choose another name for it, such as code", name)
    return expression


class Pages(BaseModel):
    """An answer in pages, each of which leads to the next."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    next: ResponseExpression
    """JMESPath on the response document: the next page's URL, or parameters of its query; with `query` or `body` the
    value there; true for the next page's number; null, false and "" for the end."""
    query: Annotated[str, Field(min_length=1, max_length=100, strict=True)] | None = None
    """The parameter of the query that leads to the next page."""
    body: Annotated[str, Field(min_length=1, max_length=100, strict=True)] | None = None
    """What of the body leads to the next page: names joined by dots, or a form's field."""
    step: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """How much true adds to the number at `query` or `body`, which begins at 0; without it pages are counted from 1."""
    limit: Annotated[int, Field(ge=1, le=100_000, strict=True)] | None = None
    """How many items are taken, from as many pages as have them."""
    max: Annotated[int, Field(ge=2, le=100, strict=True)] = 10
    """How many pages there may be; more refuse the source."""

    @model_validator(mode="after")
    def _leads_to_a_url(self) -> "Pages":
        if self.next.text.replace('"', "").strip().lower() == "headers.link":
            message = "the header Link is a text with URLs in it, and no URL"
            raise Mistake("bad-pages", message, 'Write next = "links.next"', "next")
        return self

    @model_validator(mode="after")
    def _one_place(self) -> "Pages":
        if self.query is not None and self.body is not None:
            raise Mistake("bad-pages", "query and body each say where the next page is named", "Keep one of them")
        if self.step is not None and self.query is None and self.body is None:
            fix = 'Name where the number is: query = "offset", or remove step'
            raise Mistake("bad-pages", "step adds to a number, and nothing says where that is", fix)
        return self

    @property
    def words(self) -> str:
        """How many pages there may be, and how many items are taken."""
        items = "" if self.limit is None else f", {self.limit} items"
        return f"up to {self.max} pages{items}"


class Answering(BaseModel):
    """What a source's answers mean, in what form they come, and what of them is its value."""

    model_config = ConfigDict(defer_build=True)

    statuses: Statuses = Field(default_factory=dict)
    """What a status means: an HTTP status, 4xx, 5xx, or one of the API's own; "*" for all others of its own."""
    status_from: BodyExpression | None = None
    """JMESPath: the API's own status in the body of a success; null where there is none."""
    missing: Literal["not-found", "null"] = "not-found"
    """What it means that there is no such thing: that the source fails, or that its value is null."""
    problem: Annotated[MembersExpression, AfterValidator(_problem)] | None = None
    """JMESPath: what of a failure's body clients are told, as members of its problem; never type and status."""
    format: Format = "json"
    """What its answers are written in."""
    pick: BodyExpression | None = None
    """JMESPath: what of the answer is the source's value; null is `NotFound`."""
    drop: tuple[Annotated[str, AfterValidator(_drop)], ...] = ()
    """Paths to take out of the value, after `pick`."""
    expect: Schema | None = None
    """JSON Schema, inline or a path: what the value that clients see has to be."""
    pick_response: ResponseExpression | None = None
    """JMESPath on the response document, with `status`, `headers`, `links` and `body`; in place of `pick`."""
    pages: Pages | None = None
    """How one page of the answer leads to the next; `pick` is for each, and gives a list."""

    @model_validator(mode="after")
    def _picks_once(self) -> "Answering":
        if self.pick is not None and self.pick_response is not None:
            raise Mistake("bad-pick", "pick and pick_response each say what the value is", "Keep one of them")
        return self

    @model_validator(mode="after")
    def _statuses_of_its_own(self) -> "Answering":
        if self.status_from is None and (own := [status for status in self.statuses if not of_http(status)]):
            message = f"{quoted(own[0])} is no HTTP status, and nothing says where the API's own is"
            fix = "Write an HTTP status, or add status_from"
            raise Mistake("bad-statuses", message, fix, own[0])
        if self.status_from is not None and not self.statuses:
            fix = 'Add statuses = { "*" = "rejected" }, or remove status_from'
            raise Mistake("bad-statuses", "nothing says what the API's own status means", fix)
        return self

    @cached_property
    def keeps_response(self) -> bool:
        """Whether status and headers of its answers are looked at beside the body."""
        return self.pick_response is not None or self.pages is not None

    @cached_property
    def accepts(self) -> tuple[tuple[str, str], ...]:
        """The header that says what format is wanted, if it is another than JSON, which every request accepts."""
        return (("Accept", ACCEPTED[self.format]),) if self.format in ACCEPTED else ()

    @property
    def judged_by(self) -> list[object]:
        """What of this can change what is kept of an answer; empty by default."""
        judged: list[object] = []
        if self.statuses:
            judged += [sorted(self.statuses.items()), self.status_from and self.status_from.text]
        if self.keeps_response:
            judged.append(self.pick_response is not None)
        if self.pages is not None:
            pages = self.pages
            judged += [pages.next.text, pages.query, pages.body, pages.step, pages.limit, pages.max]
        return judged
