"""Whatever stands in a file, it is served or refused with findings; nothing else is raised.

FANIN_HOSTILE says how many files are made; each is made from its number, which the test's id names.
"""

import os
import random

import pytest

from fanin.config import parse
from fanin.config.finding import ConfigError, Finding

COUNT = int(os.environ.get("FANIN_HOSTILE", "300"))
TEXTS = (
    "{a.b}", "{{ a.b }}", "{$v}", "{!s}", "{", "https://a.example/%", "https://[::1", "5m", "1_0", "*", "\\ud800", "é",
    "a||b", "[*].[@]", "s", "errors.s && s.x", "{x: s, y: parameters.p}", "errors", "!s.x",
    "`[[[1]]]`", "a[::0]", "(?=a)", "a{99}{99}{99}", ")|(", "../..", "@", "&a", "\\u0000",
    "<a>{p}</a>", "<a", "{each.x:json}", "${X}", "{env.X}", "4XX", "400-499", "{p?:url}",
)  # fmt: skip
KEYS = (
    "url", "method", "headers", "body", "auth", "timeout", "retry", "hedge", "rate_limit", "cache", "refresh", "pick",
    "drop", "forward", "fallback", "redirects", "path", "sources", "required", "parameters", "type", "pattern",
    "minimum", "maximum", "default", "example", "min_length", "value", "bearer", "oauth2", "calls", "attempts", "fresh",
    "when", "after", "compute", "for_each", "a", "Ä", "xml", "pages", "form", "graphql", "batch", "limit", "join_as",
    "statuses", "status_from", "pick_response", "first_of", "sql", "database", "upstream", "expect", "input", "next",
    "caller", "allow", "client_limit", "passthrough", "selectable", "callers", "cors", "origins", "tls", "step",
    "query", "size", "by", "items", "enum", "in", "sent_as", "separator", "invalidates", "problem", "missing",
)  # fmt: skip
TABLES = (
    "sources.a", "sources.b", "sources.A", "endpoints.e", "endpoints.e.parameters.p", "variables", "jobs", "x.y",
    "sources.a.form", "sources.a.pages", "sources.a.body", "sources.a.graphql", "sources.s.headers", "upstreams.u",
    "databases.d", "callers.c", "callers.c.jwt", "callers.c.keys", "endpoints.e.client_limit", "endpoints.s",
    "sources.s", "sources.a.batch", "sources.a.tls", "cors", "api",
)  # fmt: skip
SOUND = 'fanin = 1\n[sources.s]\nurl = "https://a.example/x"\n[endpoints.s]\npath = "/s"\nsources = ["s"]\n'


def value(dice: random.Random, depth: int = 0) -> str:
    """Write a value of TOML, or what is nearly one."""
    numbers = (
        "0",
        "-1",
        "1.5",
        "nan",
        "inf",
        "9" * 4_301,
        "0x" + "f" * 5_000,
        str(2**63),
        "1e400",
        "2026-06-15",
        "true",
    )
    match dice.randrange(12 if depth < 3 else 6):
        case 0 | 1:
            return dice.choice(numbers)
        case 2 | 3 | 4:
            return '"' + "".join(dice.choices(TEXTS, k=dice.randint(0, 4))) * dice.choice((1, 1, 1, 400)) + '"'
        case 5:
            return dice.choice(("", "bare", "'", '"""', "]", "#", "=", "'[?a'"))
        case 6:
            levels = dice.choice((1, 2, 130, 2_000))
            return "[" * levels + "1" + "]" * levels
        case 7 | 8:
            return "[" + ", ".join(value(dice, depth + 1) for _ in range(dice.randint(0, 4))) + "]"
    pairs = (f"{dice.choice(KEYS)} = {value(dice, depth + 1)}" for _ in range(dice.randint(0, 3)))
    return "{ " + ", ".join(pairs) + " }"


def hostile(number: int) -> str:
    """Write a file; in half of them, only one line is wrong."""
    dice = random.Random(number)
    tables = dice.sample(TABLES, k=dice.randint(1, 3))
    lines = []
    for table in tables:
        lines.append(f"[{table}]" if dice.random() < 0.95 else f"[{'.'.join([table] * 200)}]")
        keys = dice.sample(KEYS, k=1 if number % 2 else dice.randint(1, 6))
        lines += [f"{'.'.join([key] * dice.choice((1, 1, 1, 1, 2, 500)))} = {value(dice)}" for key in keys]
    return SOUND + "\n".join(lines) + "\n"


def findings(text: str) -> tuple[Finding, ...]:
    """Read a file, and give what was found; nothing if it can be served."""
    try:
        parse(text, {})
    except ConfigError as error:
        return error.findings
    return ()


@pytest.mark.parametrize("number", range(COUNT))
def test_a_hostile_file_is_served_or_refused_with_findings_that_have_a_place_and_a_fix(number: int) -> None:
    for finding in findings(hostile(number)):
        assert finding.rule
        assert finding.message
        assert finding.fix
        assert finding.line >= 1, finding
        assert finding.column >= 1, finding


@pytest.mark.parametrize(
    "table", ["upstreams", "databases", "callers", "variables", "sources", "endpoints", "cors", "api"]
)
@pytest.mark.parametrize("content", ["5", "true", '"x"', "[1]", "[{}]", "{}", "{ a = 5 }", "{ a = { url = 5 } }"])
def test_a_table_that_is_none_is_found_whatever_refers_to_it(table: str, content: str) -> None:
    sources = '[sources.s]\nupstream = "a"\nurl = "/x"\n[sources.t]\ndatabase = "a"\nsql = "select {p}"\n'
    endpoint = '[endpoints.e]\npath = "/e/{p}"\nsources = ["s", "t"]\ncaller = "a"\n'
    others = (sources if table != "sources" else "") + (endpoint if table != "endpoints" else "")
    found = findings(f"fanin = 1\n{table} = {content}\n{others}")
    assert found
    assert all(finding.fix for finding in found)


def test_the_files_are_wrong_in_many_ways() -> None:
    """The generator writes more than what TOML's parser refuses."""
    rules = [{finding.rule for finding in findings(hostile(number))} for number in range(200)]
    assert sum("toml" not in found for found in rules) > 40
    assert len(set().union(*rules)) >= 8
