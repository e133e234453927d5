"""The page: the text of `docs/contrast.md`, with the tables and plots of a run in its marked places."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from benchmarks import machine
from benchmarks.contrast.claims import Held
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.tables import asked, tables
from benchmarks.tables import escaped, filled, place

_LINK: Final = re.compile(r"\[([^\]]+)\]\((?!#)[^)]*\)")
_HEADING: Final = re.compile(r"<h([23])>([^\n]*)</h[23]>")
_STYLE: Final = Path(__file__).with_name("style.css")


def parts(raw: Mapping[str, Any], figures: Figures) -> dict[str, str]:
    """Give what is put into the places, in Markdown."""
    return {"notices": machine.notices(raw)} | dict(tables(raw, figures))


def report(document: str, raw: Mapping[str, Any], told: Mapping[str, str], plots: Mapping[str, str]) -> str:
    """Write the page, `docs/contrast.md` of a whole run, as HTML that refers to nothing outside it.

    Into its places goes what is told of the raw data, in Markdown, and the plots, which are SVG.
    """
    if "claim-1" not in told:  # an endpoint of one's own, or a deployment
        deployment = raw.get("deployment")
        what = deployment["url"] if deployment else asked(raw["lambda"], next(iter(raw["lambda"]["questions"])))
        places = dict.fromkeys(["notices", "main", "contents", *told, *plots])
        document = "\n\n".join([f"# What async is worth for {escaped(what)}", *map(place, places)])
    text = document.replace(place("contents"), "<!-- contents -->")
    body = MarkdownIt("commonmark").enable("table").render(filled(_LINK.sub(r"\1", text), told))
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
