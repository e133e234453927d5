"""The page, from figures, verdicts and plots."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from measure.contrast.figures import Figures
from measure.contrast.report.method import notices, paragraphs
from measure.contrast.tables import Table, origin, tables
from measure.contrast.verdicts import verdicts
from measure.contrast.verdicts.finding import Finding, Held, Verdict
from measure.contrast.verdicts.overall import in_short, no_gain

_STYLE: Final = Path(__file__).with_name("style.css")
_CLASSES: Final = {Held.YES: "yes", Held.PART: "part", Held.NO: "no", Held.UNKNOWN: "unknown"}
_SECTIONS: Final = (
    ("On Lambda's terms", ("billed", "dollars", "cold-start"), ("durations", "money", "environments", "cold")),
    ("On a server's terms", ("throughput", "latency"), ("throughput", "costs", "latency")),
    ("From outside", (), ("outside",)),
    ("One request's calls", ("waterfalls",), ()),
)
_CAPTIONS: Final = {
    "billed": "Medians with quartiles; both axes are logarithmic. A straight rise is one call after another, a flat "
    "line calls at once.",
    "dollars": "Lambda's part; an HTTP API adds its price for each request, the same for all.",
    "cold-start": "Bundles with bytecode, on a whole core; a function with less memory has a smaller share of one.",
    "throughput": "One worker, medians with quartiles; both axes are logarithmic.",
    "latency": "From the moment at which a request should have been sent; a request without an answer counts as slower "
    "than all others.",
    "waterfalls": "From the trace that fanin keeps of a request. A bar is a call; the order follows from the sources' "
    "references.",
}


def page(raw: Mapping[str, Any], figures: Figures, plots: Mapping[str, str]) -> str:
    """Write the page.

    Args:
        raw: the raw data.
        figures: what they come to.
        plots: SVG by the plot's name.
    """
    everything = "deployment" not in raw and "server" in raw
    answers = verdicts(figures) if everything else []
    title = "What async is worth, measured" if everything else f"What async is worth for {_what(raw)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE.read_text()}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(
            [
                f'<header>\n<h1>{escape(title)}</h1>\n<p class="origin">{escape(origin(raw))}</p>\n</header>',
                *(f'<p class="notice">{escape(notice)}</p>' for notice in notices(raw)),
                _list("In short", in_short(figures)),
                _overview(answers),
                *(_claim(number, verdict) for number, verdict in enumerate(answers, 1)),
                _list("Where async makes no difference, or loses", no_gain(figures)),
                *_measured(raw, figures, plots),
                _method(raw),
            ]
        )
        + "\n</main>\n</body>\n</html>\n"
    )


def _what(raw: Mapping[str, Any]) -> str:
    if "deployment" in raw:
        return str(raw["deployment"]["url"])
    return f"GET {raw['lambda']['questions'][0]['path']}"


def _list(title: str, sentences: Iterator[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<section>\n<h2>{title}</h2>\n<ul class="short">{items}</ul>\n</section>' if items else ""


def _overview(answers: Sequence[Verdict]) -> str:
    if not answers:
        return ""
    places = list(dict.fromkeys(finding.where for verdict in answers for finding in verdict.findings))
    rows = []
    for number, verdict in enumerate(answers, 1):
        by_place = {finding.where: finding for finding in verdict.findings}
        cells = "".join(f'<td class="text">{_badge(by_place.get(place))}</td>' for place in places)
        rows.append(
            f'<tr><td class="text"><a href="#claim-{number}">{number}</a>. {escape(verdict.claim)}</td>{cells}</tr>'
        )
    head = "".join(f'<th class="text" scope="col">{escape(place)}</th>' for place in places)
    return (
        '<section>\n<h2>Eight claims</h2>\n<div class="scroll"><table class="overview"><thead><tr>'
        f'<th class="text" scope="col">Claim</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>\n</section>"
    )


def _badge(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return f'<span class="held {_CLASSES[finding.held]}">{escape(finding.held)}</span>'


def _claim(number: int, verdict: Verdict) -> str:
    findings = "".join(
        f'<div class="finding"><h4>{escape(finding.where)} {_badge(finding)}</h4><p>{escape(finding.text)}</p></div>'
        for finding in verdict.findings
    )
    return (
        f'<article class="claim" id="claim-{number}">\n'
        f'<h3><span class="no">{number}</span>{escape(verdict.claim)}</h3>\n'
        f'<div class="findings">{findings}</div>\n<p class="how">Measured: {escape(verdict.how)}</p>\n</article>'
    )


def _measured(raw: Mapping[str, Any], figures: Figures, plots: Mapping[str, str]) -> Iterator[str]:
    every = {table.name: table for table in tables(raw, figures)}
    for title, drawn, listed in _SECTIONS:
        parts = [_drawing(name, plots[name]) for name in drawn if name in plots]
        parts += [_table(every[name]) for name in listed if name in every]
        if parts:
            yield f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def _drawing(name: str, svg: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(_CAPTIONS[name])}</figcaption></figure>"


def _table(table: Table) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class="text"' if place < table.texts else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in table.rows)
    return (
        f'<h3 id="{table.name}">{escape(table.title)}</h3>\n<div class="scroll"><table><thead><tr>'
        f"{cells(table.head, 'th')}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _method(raw: Mapping[str, Any]) -> str:
    items = "".join(f"<dt>{escape(what)}</dt><dd>{escape(how)}</dd>" for what, how in paragraphs(raw))
    return f"<section>\n<h2>How it was measured</h2>\n<dl>{items}</dl>\n</section>"
