"""Answers that come in pages: how one leads to the next, as far as a document says it, and where its list is."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from fanin.cli.adding.draft import Draft
from fanin.cli.adding.openapi import Document, Node, items, table, text
from fanin.cli.adding.schema import flat_members, schema_of
from fanin.config.values import Json

LIMIT: Final = 100
"""Items that are taken: as many as one page of most APIs has at most."""
_LINKS: Final = frozenset(
    ("next", "nexturl", "nextpageurl", "nextlink", "nextpagelink", "@odata.nextlink", "odatanextlink")
)
_CURSORS: Final = frozenset(
    (
        "next",
        "nextcursor",
        "nextpagetoken",
        "nexttoken",
        "cursor",
        "endcursor",
        "continuationtoken",
        "nextpage",
        "after",
    )
)
_LEADS: Final = frozenset(
    ("cursor", "pagetoken", "nexttoken", "nextcursor", "after", "startingafter", "continuationtoken", "nextpagetoken")
)
"""What members that lead to the next page, and parameters that take what leads there, are called: in small letters,
without `_` and `-`."""
_WITHIN: Final = ("links", "_links", "meta", "paging", "pagination", "response_metadata", "page_info", "pageInfo")
"""Members that have such members."""


class _Member(NamedTuple):
    """A member of the answer: its name, the expression for it, and its schema."""

    name: str
    path: str
    schema: Node


class _Found(NamedTuple):
    """How one page leads to the next: the expression, and the parameter of the query that takes its value, if any."""

    next: str
    query: str = ""


def put_pages(draft: Draft, document: Document, answer: Node, schema: Json) -> str:
    """Put how one page leads to the next into a draft of a GET, and have its value be the list.

    A list that an answer may leave out is an empty one then: many APIs do so.

    Args:
        draft: the draft, which has its parameters.
        document: the document.
        answer: the answer of a success.
        schema: the schema of its body.

    Returns:
        the member of the answer that is the list; empty if all of it is the value.
    """
    listed = [each for each in flat_members(document, schema, "response") if _written(each[0])]
    members = {name: member for name, member, _ in listed}
    is_list = "array" in _kinds(document.followed(schema, lenient=True))
    lists = [name for name, member in members.items() if "array" in _kinds(member)]
    if draft.method != "GET" or not (is_list or len(lists) == 1):
        return ""
    parameters = {
        str(it.declared.get("sent_as", own)): own
        for own, it in draft.parameters.items()
        if _is_free(it.declared, it.in_path)
    }
    at = "" if is_list else lists[0]
    found = _by_header(answer) or _by_body(document, members, parameters, at)
    if found is None or (found.query and draft.parameters[parameters[found.query]].by_default):
        return ""
    draft.source["pages"] = {"next": found.next, **({"query": found.query} if found.query else {}), "limit": LIMIT}
    if found.query:
        own = parameters[found.query]
        del draft.parameters[own]
        draft.optional = [
            each for each in draft.optional if not each.endswith(f"={{{own}?}}") and not each.endswith(f"={{{own}}}")
        ]
    draft.left_out.append(f"items beyond {LIMIT}, of as many pages as have them: limit in pages says how many")
    if at:
        is_there = any(name == at and required for name, _, required in listed)
        draft.source["pick"] = _written(at) if is_there else f"{_written(at)} || `[]`"
        made = schema_of(document, members[at], "response")
        draft.expect = made.document if made else None
    return at


def _by_header(answer: Node) -> _Found | None:
    """Find the header Link (RFC 8288)."""
    return _Found("links.next") if any(name.lower() == "link" for name in table(answer.get("headers"))) else None


def _by_body(document: Document, members: Mapping[str, Node], parameters: Mapping[str, str], at: str) -> _Found | None:
    """Find a member that has the next page's URL, or what a parameter takes."""
    texts = [each for each in _members(document, members) if "string" in _kinds(each.schema)]
    leads = [name for name in parameters if _plain(name) in _LEADS]
    more = next((name for name in members if _plain(name) == "hasmore"), "")
    if (
        more
        and at
        and leads
        and "id" in table(document.followed(members[at].get("items"), lenient=True).get("properties"))
    ):
        return _Found(f"body.{_written(more)} && body.{_written(at)}[-1].id", leads[0]) if len(leads) == 1 else None
    cursors = [each for each in texts if _plain(each.name) in _CURSORS and not _is_url(each.schema)]
    if len(cursors) == 1 and len(leads) == 1:
        return _Found(f"body.{cursors[0].path}", leads[0])
    links = [
        each for each in texts if _plain(each.name) in _LINKS and (_is_url(each.schema) or _plain(each.name) != "next")
    ]
    return _Found(f"body.{links[0].path}") if len(links) == 1 else None


def _members(document: Document, members: Mapping[str, Node]) -> Iterator[_Member]:
    """Give the members of the answer, and those of members that are about its pages."""
    for name, member in members.items():
        yield _Member(name, _written(name), member)
        if name in _WITHIN:
            for inner, each, _ in flat_members(document, member, "response"):
                if _written(inner):
                    yield _Member(inner, f"{_written(name)}.{_written(inner)}", each)


def _is_free(declared: Mapping[str, object], in_path: str) -> bool:
    """Whether a parameter of the endpoint stands in the query, and has one value."""
    return not in_path and "in" not in declared and declared.get("type") != "list"


def _written(name: str) -> str:
    """Write a member's name as JMESPath has it; empty for one that is not written."""
    if name.isascii() and name.isidentifier():
        return name
    return f'"{name}"' if name.isascii() and name.isprintable() and not set(name) & set('"\\') else ""


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _is_url(schema: Node) -> bool:
    return text(schema.get("format")) in ("uri", "url", "uri-reference", "iri")


def _kinds(schema: Node) -> list[str]:
    return [schema["type"]] if isinstance(schema.get("type"), str) else items(schema.get("type"))
