"""The page: the text of `docs/contrast.md`, with the tables and plots of a run in its marked places."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from benchmarks import machine
from benchmarks.contrast.advice import MAIN, advice
from benchmarks.contrast.claims import Held
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.tables import tables
from benchmarks.tables import empty, escaped, filled

_LINK: Final = re.compile(r"\[([^\]]+)\]\((?!#)[^)]*\)")
_HEADING: Final = re.compile(r"<h([23])>([^\n]*)</h[23]>")
_STYLE: Final = Path(__file__).with_name("style.css")


def parts(raw: Mapping[str, Any], figures: Figures) -> dict[str, str]:
    """Give what is put into the places, in Markdown."""
    notices = "\n>\n".join(f"> {notice}" for notice in _notices(raw))
    return {"notices": notices, "advice": advice(figures)} | {
        table.name: table.markdown for table in tables(raw, figures)
    }


def report(document: str, raw: Mapping[str, Any], figures: Figures, plots: Mapping[str, str]) -> str:
    """Write the page as HTML that refers to nothing outside it.

    Args:
        document: the text of `docs/contrast.md`; only of a whole run is it the page's.
        raw: the raw data.
        figures: what they come to.
        plots: SVG by the plot's name.
    """
    found = parts(raw, figures)
    text = document if "claim-1" in found else _without_claims(raw, _in_order(found, plots))
    text = text.replace(empty("contents"), "<!-- contents -->")
    markdown = MarkdownIt("commonmark").enable("table")
    body = markdown.render(filled(_LINK.sub(r"\1", text), found))
    # What is wider than a phone scrolls in its frame, by keyboard too.
    body = body.replace("<pre>", '<pre tabindex="0">').replace("<table>", '<table tabindex="0">')
    body = filled(body, {name: f'<figure tabindex="0">{svg}</figure>' for name, svg in plots.items()})
    body = _with_contents(body)
    for held in Held:
        body = body.replace(f"<td>{held}</td>", f'<td><span class="{held.name.lower()}">{held}</span></td>')
    title = text.partition("\n")[0].lstrip("# ")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE.read_text()}</style>\n</head>\n<body>\n<main>\n{body}"
        "</main>\n</body>\n</html>\n"
    )


def _without_claims(raw: Mapping[str, Any], names: list[str]) -> str:
    """Write the text for an endpoint of one's own, or a deployment: what was measured, and no claims."""
    deployment = raw.get("deployment")
    what = deployment["url"] if deployment else f"GET {raw['lambda']['questions'][0]['path']}"
    return "\n\n".join([f"# What async is worth for {escaped(what)}", *map(empty, names)])


def _in_order(found: Mapping[str, str], plots: Mapping[str, str]) -> list[str]:
    """Name the parts of a page: warnings, the main chart and what to do come first."""
    head = ["notices", MAIN, "advice", "contents"]
    return [*head, *(name for name in (*found, *plots) if name not in head)]


def _with_contents(body: str) -> str:
    """Give each heading an address, and list them in the place for it."""
    listed = []

    def addressed(heading: re.Match[str]) -> str:
        level, title = heading[1], heading[2]
        address = re.sub(r"[^a-z0-9]+", "-", re.sub(r"<[^>]*>", "", title).lower()).strip("-")
        listed.append(f'<li class="of-{level}"><a href="#{address}">{title}</a></li>')
        return f'<h{level} id="{address}">{title}</h{level}>'

    body = _HEADING.sub(addressed, body)
    contents = f'<nav aria-label="Contents"><ul>\n{"\n".join(listed)}\n</ul></nav>'
    return body.replace("<!-- contents -->", contents, 1)


def _notices(raw: Mapping[str, Any]) -> Iterator[str]:
    """Warn of what makes the figures weaker than they look."""
    yield from machine.notices(raw)
    if incomplete := [row["way"] for row in raw.get("waterfalls", ()) if not row["complete"]]:
        yield f"Not every source answered while calls were drawn: {', '.join(incomplete)}."
