"""fanin.config.reading, with format and check behind it: every mistake in fanin.toml is named, with place and fix."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from fanin.config import load, parse
from fanin.config.finding import ConfigError, Finding
from fanin.config.kinds.http import HttpSource
from fanin.config.reading import MAX_FILE
from fanin.config.schema import json_schema

CARET = "‸"
"""Stands in a text before the place that the finding must name; it is taken out before the text is read."""

SOURCE = '[sources.a]\nurl = "https://a.example/x"\n'
ENDPOINT = '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'


@dataclass(frozen=True)
class Planted:
    """A file with one mistake.

    Args:
        case: what is wrong, as the test's id.
        rule: the rule that the finding names.
        text: the file, with the caret before the key that the finding points to; without one for no place.
        says: a regular expression that the message must hold.
        fix: likewise for the fix.
        also: rules of findings that follow from the mistake.
    """

    case: str
    rule: str
    text: str
    says: str = ""
    fix: str = ""
    also: tuple[str, ...] = ()


def in_source(lines: str) -> str:
    """Make a file whose one source has more keys."""
    return f"fanin = 1\n{SOURCE}{lines}\n{ENDPOINT}"


def in_url(url: str) -> str:
    """Make a file whose one source has a URL."""
    before_key = "" if CARET in url else CARET
    return f'fanin = 1\n[sources.a]\n{before_key}url = "{url}"\n{ENDPOINT}'


def in_upstream(upstream: str, source: str) -> str:
    """Make a file whose one source has an upstream."""
    url = "" if "url" in upstream or upstream == "timeout = '1s'" else 'url = "https://a.example"\n'
    return f'fanin = 1\n[upstreams.api]\n{url}{upstream}\n[sources.a]\nupstream = "api"\n{source}\n{ENDPOINT}'


def in_sql(sql: str, lines: str = "", database: str = 'url = "postgresql://u@h/d"') -> str:
    """Make a file whose one source is a statement of a database."""
    before_key = "" if CARET in sql + lines + database else CARET
    source = f"[sources.a]\n{before_key}sql = {sql}\ndatabase = 'db'\n{lines}\n"
    return f"fanin = 1\n[databases.db]\n{database}\n{source}{ENDPOINT}"


def in_database(lines: str) -> str:
    """Make a file with the keys of a database."""
    return in_sql("'select 1'", database=lines)


def in_endpoint(lines: str) -> str:
    """Make a file whose one endpoint has more keys."""
    return f"fanin = 1\n{SOURCE}{ENDPOINT}{lines}\n"


def in_path(path: str) -> str:
    """Make a file whose one endpoint has a path."""
    return f'fanin = 1\n{SOURCE}[endpoints.e]\n{CARET}path = "{path}"\nsources = ["a"]\n'


def in_parameter(lines: str) -> str:
    """Make a file with the declaration of a query parameter."""
    return in_endpoint(f"[endpoints.e.parameters.p]\n{lines}")


def cyclic(*names: str) -> str:
    """Make a file in which each source needs the next, and the last the first."""
    urls = zip(names, [*names[1:], names[0]], strict=True)
    tables = [f'[sources.{name}]\nurl = "https://a.example/{{{other}.x}}"\n' for name, other in urls]
    tables[0] = tables[0].replace("{", f"{CARET}{{")
    return "fanin = 1\n" + "".join(tables) + f'[endpoints.e]\npath = "/e"\nsources = ["{names[0]}"]\n'


MISTAKES = [
    # The file itself
    Planted("no TOML", "toml", "fanin = 1\nx = ‸= 2\n"),
    Planted("a string without end", "toml", 'fanin = 1\nx = "abc‸\n'),
    Planted("a key twice", "toml", 'fanin = 1\n[sources.a]\nurl = "https://a.example"\nurl = "https://b.example"‸\n'),
    Planted("a list without end", "toml", "fanin = 1\nx = [1,‸"),
    Planted("a table twice", "toml", f"fanin = 1\n{SOURCE}[sources.a‸]\n"),
    Planted("no version", "missing-key", f"‸{SOURCE}{ENDPOINT}", fix="fanin = 1"),
    Planted("another version", "bad-value", f"‸fanin = 2\n{SOURCE}{ENDPOINT}", fix="1"),
    Planted("a version that is a text", "bad-value", f'‸fanin = "1"\n{SOURCE}{ENDPOINT}', fix="1"),
    Planted("no sources", "missing-key", f"‸fanin = 1\n{ENDPOINT}", also=("unknown-source",)),
    Planted("no endpoints", "missing-key", f"‸fanin = 1\n{SOURCE}"),
    Planted("sources as a list", "bad-value", f"fanin = 1\n‸sources = []\n{ENDPOINT}", also=("unknown-source",)),
    # Unknown keys, at every level
    Planted("unknown table", "unknown-key", in_endpoint("[‸source.b]\nurl = 1"), fix="'sources'"),
    Planted("unknown top key", "unknown-key", f"fanin = 1\n‸variable = 2\n{SOURCE}{ENDPOINT}", fix="'variables'"),
    Planted("unknown key of a source", "unknown-key", in_source('‸timout = "1s"'), fix="'timeout'"),
    Planted("unknown key of an endpoint", "unknown-key", in_endpoint('‸require = ["a"]'), fix="'required'"),
    Planted("unknown key of a parameter", "unknown-key", in_parameter("‸minlength = 2"), fix="'min_length'"),
    Planted("key like no other", "unknown-key", in_source("‸zzz = 2"), fix="Use one of: .*body, .*headers"),
    Planted("inline unknown key", "unknown-key", in_endpoint("parameters = { p = { ‸typ = 1 } }"), fix="'type'"),
    Planted(
        "unknown key of a source named as a table is",
        "unknown-key",
        f'fanin = 1\n[sources.parameters]\nurl = "https://a.example"\n‸timout = "1s"\n{SOURCE}{ENDPOINT}',
        fix="'timeout'",
        also=("reserved-name",),
    ),
    Planted("unknown key of a policy", "unknown-key", in_source("fallback = { value = 1, ‸vlaue = 2 }"), fix="'value'"),
    # Missing keys and wrong types
    Planted("source without URL", "missing-key", f"fanin = 1\n[‸sources.a]\npick = 'x'\n{ENDPOINT}"),
    Planted("endpoint without path", "missing-key", f'fanin = 1\n{SOURCE}[‸endpoints.e]\nsources = ["a"]\n'),
    Planted("endpoint without sources", "missing-key", f'fanin = 1\n{SOURCE}[‸endpoints.e]\npath = "/e"\n'),
    Planted(
        "endpoint with no source", "source-count", f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e"\n‸sources = []\n'
    ),
    Planted("source that is a text", "bad-value", f'fanin = 1\n[sources]\n‸a = "https://a.example"\n{ENDPOINT}'),
    Planted("URL that is a number", "bad-type", f"fanin = 1\n[sources.a]\n‸url = 5\n{ENDPOINT}", fix="quotes"),
    Planted("method of another kind", "bad-value", in_source('‸method = "TRACE"'), fix="'GET', 'HEAD', 'POST'"),
    Planted("merge of another kind", "bad-value", in_endpoint('‸merge = "deep"'), fix="flat"),
    Planted("required that is a text", "bad-value", in_endpoint('‸required = "a"')),
    Planted("summary that is a number", "bad-value", in_endpoint("‸summary = 5")),
    Planted("headers that are a list", "bad-value", in_source('‸headers = ["x"]')),
    Planted("pick that is a boolean", "bad-type", in_source("‸pick = true")),
    Planted("pick that is a list", "bad-type", in_source("‸pick = ['a']")),
    Planted(
        "too many sources",
        "source-count",
        "fanin = 1\n"
        + "".join(f'[sources.s{n}]\nurl = "https://a.example/{{s{n - 1}.x}}"\n' for n in range(1, 257))
        + '[sources.s0]\nurl = "https://a.example"\n[endpoints.e]\npath = "/e"\n‸sources = ["s256"]\n',
        says="256",
    ),
    # Bounds on every value
    Planted(
        "an integer that Python does not read", "bad-value", in_source(f"redirects = ‸{'9' * 4_301}"), says="64 bits"
    ),
    Planted("an integer beyond 64 bits", "bad-value", in_source(f"‸redirects = 0x{'f' * 5_000}"), says="64 bits"),
    Planted("a key of 1,000 parts", "too-deep", in_source(f"‸body{'.a' * 1_000} = 1"), says="1001 parts"),
    Planted("a list of 260 levels", "too-deep", in_source(f"‸body = {'[' * 260}{']' * 260}"), fix="128"),
    Planted("a fallback of 260 levels", "too-deep", in_source(f"fallback = {{ ‸value = {'[' * 260}{']' * 260} }}")),
    Planted("a number that JSON lacks in a body", "bad-type", in_source("method = 'POST'\n‸body = [nan]"), says="nan"),
    Planted("a bound that is no number", "bad-value", in_parameter("type = 'number'\n‸minimum = nan")),
    # What a pick can be
    Planted("pick of 1,000 alternatives", "bad-jmespath", in_source(f"‸pick = '{'a||' * 1_000}a'"), says="levels"),
    Planted("pick whose value nests by steps", "bad-jmespath", in_source(f"‸pick = 'a{'.[@]' * 65}'"), says="65|64"),
    Planted("pick with a deep literal", "bad-jmespath", in_source(f"‸pick = '`{'[' * 99}{']' * 99}`'"), says="64"),
    Planted("pick with a deeper literal", "bad-jmespath", in_source(f"‸pick = '`{'[' * 300}{']' * 300}`'")),
    Planted("pick with half a character", "bad-jmespath", in_source("‸pick = '`\"\\ud800\"`'"), says="JSON"),
    Planted(
        "pick with half a character in a key", "bad-jmespath", in_source("‸pick = '{\"\\ud800\": a}'"), says="JSON"
    ),
    Planted("pick with a number that JSON lacks", "bad-jmespath", in_source("‸pick = '`NaN`'"), says="JSON"),
    Planted(
        "pick with a number over 64 bits", "bad-jmespath", in_source("‸pick = '`99999999999999999999`'"), says="JSON"
    ),
    Planted("when that is a text", "bad-jmespath", in_source("‸when = \"'yes'\""), says="text or a number"),
    Planted("when that counts", "bad-jmespath", in_source("‸when = 'length(parameters.a)'"), says="text or a number"),
    Planted("for_each of no list", "bad-jmespath", in_source("‸for_each = 'upper(parameters.a)'"), says="a list"),
    Planted("problem that is a text", "bad-jmespath", in_source("‸problem = \"join(',', errors)\""), says="object"),
    Planted("pick with steps of 0", "bad-jmespath", in_source("‸pick = 'a[::0]'"), says="steps of 0"),
    Planted("pick with an endless index", "bad-jmespath", in_source(f"‸pick = 'a[{'9' * 5_000}]'"), says="digits"),
    Planted("drop beyond all levels", "bad-drop", in_source(f"‸drop = ['{'a.' * 2_000}a']"), says="128"),
    # Names
    Planted(
        "source with a bad name",
        "bad-name",
        f'fanin = 1\n{SOURCE}[‸sources.Geo]\nurl = "https://a.example"\n{ENDPOINT}',
        says="Geo",
        fix="lower-case",
    ),
    Planted("endpoint with a bad name", "bad-name", in_endpoint('[‸endpoints.e-2]\npath = "/f"\nsources = ["a"]')),
    Planted("parameter with a bad name", "bad-name", in_endpoint("[‸endpoints.e.parameters.1x]")),
    Planted("variable with a bad name", "bad-name", f"fanin = 1\n[variables]\n‸Host = 'x'\n{SOURCE}{ENDPOINT}"),
    Planted(
        "source with a reserved name", "reserved-name", in_endpoint('[‸sources.errors]\nurl = "https://a.example"')
    ),
    # Variables
    Planted("unknown variable", "unknown-variable", in_url("‸{$host}/x"), says="host", fix="Define it in"),
    Planted(
        "variable that is no text",
        "bad-value",
        f"fanin = 1\n[variables]\n‸host = 5\n{SOURCE}{ENDPOINT}",
    ),
    Planted("unknown variable in a header", "unknown-variable", in_source("headers = { A = 'x', B = '‸{$b}' }")),
    Planted("unknown variable in a body", "unknown-variable", in_source("method = 'POST'\nbody = { a = ['‸{$b}'] }")),
    # URLs
    Planted("URL without a scheme", "bad-url", in_url("a.example/x"), fix='"https://a.example/x"'),
    Planted("URL of another scheme", "bad-url", in_url("file:///etc/passwd")),
    Planted("URL without a host", "bad-url", in_url("https:///x")),
    Planted("URL with a name and password", "bad-url", in_url("https://u:p‸@a.example/"), fix="auth"),
    Planted("URL with a fragment", "bad-url", in_url("https://a.example/‸#x"), fix="Remove it"),
    Planted("URL with a space", "bad-url", in_url("https://a.example/a‸ b"), fix="%20"),
    Planted("URL with a quote", "bad-url", in_url("https://a.example/?q=‸>b"), says="'>'", fix="%3E"),
    Planted("URL with a letter beyond ASCII", "bad-url", in_url("https://a.example/‸é"), fix="%C3%A9"),
    Planted("URL with a port out of range", "bad-url", in_url("https://a.example:70000/"), says="[Pp]ort"),
    Planted("URL with an unclosed bracket", "bad-url", in_url("https://[::1/x")),
    Planted("URL with an empty label in its host", "bad-url", in_url("https://‸a..example/")),
    Planted("reference in the host", "bad-url", in_url("https://‸{city}.example/"), says="reference", fix="variable"),
    Planted("reference in the port", "bad-url", in_url("https://a.example:‸{city}/"), says="reference"),
    Planted("reference for everything", "bad-url", in_url("‸{city}")),
    Planted("dot segment", "bad-url", in_url("https://a.example/x/‸../y"), says=r"\.\. segment"),
    Planted("encoded dot segment", "bad-url", in_url("https://a.example/‸%2E%2e/y"), says=r"\.\. segment"),
    Planted("lonely brace", "bad-reference", in_url("https://a.example/‸{city"), fix="twice"),
    Planted("what is no reference", "bad-reference", in_url("https://a.example/‸{City}"), says="City", fix=r"\{city\}"),
    Planted("URL with a lone percent sign", "bad-url", in_url("https://a.example/x?q=100‸%"), fix="%25"),
    Planted("URL with a name before its host", "bad-url", in_url("https://u‸@a.example/"), fix="auth"),
    Planted("forward of all headers", "bad-header", in_source('forward = ["‸*"]'), fix="Name each header"),
    Planted(
        "pattern that looks around",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\npattern = '(?=a)'"),
        fix="without",
    ),
    Planted(
        "pattern that closes what it did not open",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\npattern = ')|('"),
    ),
    Planted(
        "integer from one and a half",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'integer'\nminimum = 1.5"),
        says="1.5",
    ),
    # References
    Planted(
        "unknown reference", "unknown-reference", in_url("https://a.example/‸{b.x}"), says=r"\{b\.x\}", fix="'a'|of: a"
    ),
    Planted(
        "unknown reference in a header",
        "unknown-reference",
        in_source("headers = { X = 'a', Y = '‸{aa.x}' }"),
        fix="'a'",
    ),
    Planted(
        "unknown reference in a body", "unknown-reference", in_source('method = "POST"\nbody = "‸{aa.x}"'), fix="'a'"
    ),
    Planted("source that needs itself", "cycle", cyclic("a"), says="a needs a"),
    Planted("cycle of two", "cycle", cyclic("a", "b"), says="a needs b needs a"),
    Planted("cycle of three", "cycle", cyclic("a", "b", "c"), says="a needs b needs c needs a"),
    Planted(
        "expression that mentions no source",
        "unknown-name",
        in_source("when = '‸usr.active'\n[sources.user]\nvalue = 1"),
        says="no source 'usr'",
        fix="Write 'user'",
    ),
    Planted(
        "error of no source", "unknown-name", in_source("when = 'errors.‸b'"), says="no source 'b'", fix="Use one of: a"
    ),
    Planted(
        "expression that reads a parameter as a source",
        "unknown-name",
        in_source("when = '‸city'").replace('"/e"', '"/e/{city}"'),
        fix=r"Write parameters\.city",
    ),
    Planted(
        "expression with a reference in braces",
        "braces",
        in_source("when = 'length(‸{city}) > `3`'").replace('"/e"', '"/e/{city}"'),
        fix=r"Write parameters\.city",
    ),
    Planted(
        "expression that reads no parameter",
        "unknown-parameter",
        in_source("when = 'parameters.‸town'").replace('"/e"', '"/e/{city}"'),
        says="'town' is no parameter of endpoint 'e'",
    ),
    Planted(
        "expression that takes the document", "whole-document", in_source("‸when = 'keys(@)'"), fix="Name each source"
    ),
    Planted(
        "expression that reads a body that the endpoint does not take",
        "unknown-reference",
        in_source("when = '‸input.urgent'"),
        says="takes none",
        fix="Add input",
    ),
    Planted("expression that takes all errors", "whole-document", in_source("‸when = 'errors'"), fix=r"errors\.geo"),
    Planted("name that is reserved in an expression", "unknown-name", in_source("when = '‸now'"), says="'now'"),
    Planted("after no source", "unknown-source", in_source('after = [‸"b"]'), says="'b'", fix="Use one of: a"),
    Planted("source after itself", "cycle", in_source('after = [‸"a"]'), says="a needs a"),
    Planted("source whose condition is itself", "cycle", in_source("when = '‸a.x'"), says="a needs a"),
    Planted("source whose condition is its own error", "cycle", in_source("when = 'errors.‸a'"), says="a needs a"),
    Planted(
        "cycle through a computed value",
        "cycle",
        f"fanin = 1\n[sources.a]\nurl = 'https://a.example/‸{{b.x}}'\n[sources.b]\ncompute = 'c.x'\n"
        f"[sources.c]\nvalue = 1\nafter = ['a']\n{ENDPOINT}",
        says="a needs b needs c needs a",
    ),
    Planted(
        "computed value with a timeout",
        "misplaced-key",
        f"fanin = 1\n[sources.a]\ncompute = 'b'\n‸timeout = '1s'\n[sources.b]\nvalue = 1\n{ENDPOINT}",
        says="it makes no call",
    ),
    Planted(
        "static value that is picked", "misplaced-key", f"fanin = 1\n[sources.a]\nvalue = 1\n‸pick = 'b'\n{ENDPOINT}"
    ),
    Planted(
        "computed value with a URL",
        "two-kinds",
        f"fanin = 1\n[‸sources.a]\ncompute = 'b'\nurl = 'https://x'\n{ENDPOINT}",
    ),
    Planted(
        "computed values that are too deep together",
        "bad-jmespath",
        f"fanin = 1\n[sources.a]\n‸compute = 'b{'.[@]' * 40}'\n[sources.b]\ncompute = 'c{'.[@]' * 25}'\n"
        f"[sources.c]\nvalue = 1\n{ENDPOINT}",
        says="64 levels more than an answer",
    ),
    Planted(
        "pick beside merge", "bad-merge", in_endpoint("pick = 'a'\nmerge = 'flat'").replace("[endpoints", "[‸endpoints")
    ),
    Planted(
        "pick of no source", "unknown-name", in_endpoint("pick = '‸b.x'"), says="no source 'b'", fix="Use one of: a"
    ),
    Planted(
        "pick of a parameter as a source",
        "unknown-name",
        in_endpoint("pick = '[a, ‸city]'").replace('"/e"', '"/e/{city}"'),
        fix=r"Write parameters\.city",
    ),
    Planted("pick of no parameter", "unknown-parameter", in_endpoint("pick = '[a, parameters.‸city]'"), says="'city'"),
    Planted("pick that takes the document", "whole-document", in_endpoint("‸pick = '@'")),
    Planted(
        "pick that mentions nothing", "source-count", f"fanin = 1\n{SOURCE}[endpoints.e]\npath = '/e'\n‸pick = '`1`'\n"
    ),
    Planted(
        "pick with errors of its own",
        "reserved-name",
        in_endpoint("pick = '{errors: a}'").replace("[endpoints", "[‸endpoints"),
    ),
    Planted(
        "pick that is too deep with what it is made of",
        "bad-jmespath",
        f"fanin = 1\n[sources.a]\nurl = 'https://a.example'\npick = '@{'.[@]' * 40}'\n[endpoints.e]\npath = '/e'\n"
        f"‸pick = 'a{'.[@]' * 25}'\n",
        says="64 levels",
    ),
    Planted("cycle through a header", "cycle", in_source("headers = { X = '‸{a.x}' }"), says="a needs a"),
    Planted(
        "parameter that the path lacks",
        "unknown-parameter",
        in_url("https://a.example/‸{city}"),
        says="'e'",
        fix=r"\{city\}",
    ),
    Planted(
        "parameter that the path lacks, in a body",
        "unknown-parameter",
        in_source("method = 'POST'\nbody = { a = '‸{city}' }"),
    ),
    Planted(
        "parameter of a source that another one needs",
        "unknown-parameter",
        f'fanin = 1\n[sources.b]\nurl = "https://b.example/‸{{city}}"\n'
        f'[sources.a]\nurl = "https://a.example/{{b.x}}"\n{ENDPOINT}',
    ),
    # Listed sources
    Planted(
        "unknown source",
        "unknown-source",
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e"\nsources = ["a", ‸"aa"]\n',
        says="'aa'",
        fix="'a'",
    ),
    Planted("required but not listed", "unknown-source", in_endpoint('‸required = ["b"]'), says="'b'"),
    Planted(
        "a source listed twice",
        "same-source",
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e"\n‸sources = ["a", "a"]\n',
        says="twice",
    ),
    Planted(
        "a static value without fields among flat ones",
        "bad-merge",
        "fanin = 1\n[sources]\na.value = [1]\nb.value.x = 1\n"
        '[endpoints.e]\npath = "/e"\nsources = ["a", "b"]\n‸merge = "flat"\n',
        says="'a'",
        fix="nested",
    ),
    # Paths
    Planted("path without a slash", "bad-path", in_path("e")),
    Planted("path that ends in a slash", "bad-path", in_path("/e/")),
    Planted("path with a space", "bad-path", in_path("/e f")),
    Planted("path with a part that is a parameter", "bad-path", in_path("/e-{city}")),
    Planted("path with a parameter twice", "bad-path", in_path("/e/{city}/{city}"), says="twice"),
    Planted("path with a dot segment", "bad-path", in_path("/e/../f")),
    Planted("root path", "bad-path", in_path("/")),
    *(
        Planted(f"reserved path /{first}", "reserved-path", in_path(f"/{first}/x"), says="reserved")
        for first in (
            "sync",
            "sync-threads",
            "threads",
            "django",
            "jobs",
            "live",
            "health",
            "docs",
            "openapi.json",
        )
    ),
    Planted("path that begins with a parameter", "reserved-path", in_path("/{city}/x"), fix=r"/e/\{city\}/x"),
    Planted(
        "same path twice",
        "same-path",
        f'fanin = 1\n{SOURCE}{ENDPOINT}[endpoints.f]\n‸path = "/e"\nsources = ["a"]\n',
        says="'e'",
    ),
    Planted(
        "same method and path twice",
        "same-path",
        in_endpoint('method = "POST"\n[endpoints.f]\nmethod = "POST"\n‸path = "/e"\nsources = ["a"]'),
        says="'e'",
        fix="method",
    ),
    Planted("input that is no schema", "bad-schema", in_endpoint("method = 'POST'\n‸input = { type = 'objekt' }")),
    Planted("input that is a number", "bad-schema", in_endpoint("method = 'POST'\n‸input = 5"), fix="table"),
    Planted("input with GET", "bad-body", in_endpoint("input = {}").replace("[endpoints", "[‸endpoints"), fix="POST"),
    Planted("expect with a date", "bad-static", in_source("‸expect = { const = 2020-01-01 }")),
    Planted("expect with look-around", "bad-schema", in_source("‸expect = { pattern = '(?=a)' }"), fix="Rust"),
    Planted("file of a schema where there is none", "bad-path", in_source("‸expect = 'a.json'"), fix="file"),
    Planted("status without a body", "bad-status", in_endpoint("‸status = 204"), fix="Write 200"),
    Planted("status of a failure", "bad-value", in_endpoint("‸status = 404")),
    Planted("method that is no endpoint's", "bad-value", in_endpoint('‸method = "HEAD"'), fix="GET"),
    Planted(
        "same path but for the parameter's name",
        "same-path",
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e/{{x}}"\nsources = ["a"]\n'
        '[endpoints.f]\n‸path = "/e/{y}"\nsources = ["a"]\n',
    ),
    # Times and sizes
    Planted("duration without a unit", "bad-duration", in_source("‸timeout = 3"), fix="3s"),
    Planted("duration with a wrong unit", "bad-duration", in_endpoint('‸timeout = "3 sec"')),
    Planted("no duration", "bad-duration", in_source('‸timeout = "0s"')),
    Planted("size without a unit", "bad-size", in_source("‸max_bytes = 100"), fix='"100B"'),
    Planted("no size", "bad-size", in_source('‸max_bytes = "0B"')),
    Planted(
        "source's timeout over its endpoint's",
        "timeout-too-long",
        in_endpoint('timeout = "1s"').replace("[endpoints", '‸timeout = "2s"\n[endpoints'),
        says="2 s .* 1 s",
        fix="Shorten",
    ),
    Planted(
        "timeout of a source that another one needs over the endpoint's",
        "timeout-too-long",
        f'fanin = 1\n[sources.b]\nurl = "https://b.example"\n‸timeout = "11s"\n'
        f'[sources.a]\nurl = "https://a.example/{{b.x}}"\n{ENDPOINT}',
        says="11 s .* 10 s",
    ),
    Planted("endpoint's timeout over the gateway's", "timeout-too-long", in_endpoint('‸timeout = "30s"'), fix="29s"),
    # pick and drop
    Planted("no JMESPath", "bad-jmespath", in_source('‸pick = "a["'), fix="at its end"),
    Planted(
        "a header by a name in capitals", "unknown-name", in_source("pick_response = 'headers.‸ETag'"), fix='"etag"'
    ),
    Planted(
        "pages of a write",
        "bad-writes",
        in_source('method = "POST"\npages = { next = "links.next" }').replace("[sources", "[‸sources"),
        fix="writes = false",
    ),
    Planted("a problem's type", "reserved-name", in_source('problem = "{‸type: kind}"'), fix="another name"),
    Planted("a class of statuses in capitals", "bad-statuses", in_source("statuses = { ‸4XX = 'missing' }"), fix="4xx"),
    Planted("empty JMESPath", "bad-jmespath", in_source('‸pick = ""')),
    Planted(
        "JMESPath with an unknown function",
        "bad-jmespath",
        in_source('‸pick = "lenght(@)"'),
        says="lenght",
        fix="length",
    ),
    Planted("JMESPath with an argument too many", "bad-jmespath", in_source('‸pick = "length(@, @)"')),
    Planted("JMESPath nested beyond reading", "bad-jmespath", in_source(f'‸pick = "{"(" * 5000}a{")" * 5000}"')),
    Planted(
        "drop that is no path",
        "bad-drop",
        in_source('drop = ["a", "b[0]"]').replace("drop", "‸drop"),
        says=r"b\[0\]",
        fix=r"days\[\]\.note",
    ),
    # Headers and bodies
    Planted("header with a bad name", "bad-header", in_source("‸headers = { 'A B' = 'x' }"), says="A B"),
    Planted("header that fanin sets", "bad-header", in_source("‸headers = { Host = 'x' }"), says="Host", fix="Remove"),
    Planted("header twice by another case", "bad-header", in_source("‸headers = { A = 'x', a = 'y' }"), says="twice"),
    Planted("header that is no text", "bad-type", in_source("headers = { A = 'x', ‸B = 5 }")),
    Planted("header with a line end", "bad-header", in_source('headers = { ‸A = "x\\r\\ny" }')),
    Planted("header outside ASCII", "bad-header", in_source("headers = { ‸A = 'é' }")),
    Planted(
        "body with GET", "bad-body", in_source("body = {}").replace("[sources", "[‸sources"), says="GET", fix="POST"
    ),
    Planted("body with a date", "bad-type", in_source("method = 'POST'\n‸body = { a = 2020-01-01 }"), fix="quotes"),
    Planted(
        "body with a number beyond JSON's",
        "bad-type|bad-value|bad-body",
        in_source(f"method = 'POST'\nbody = {{ ‸a = {10**20} }}"),
    ),
    Planted(
        "two contents",
        "bad-body",
        in_source("method = 'PUT'\nbody = 1\nform = { a = 1 }").replace("[sources", "[‸sources"),
        says="body and form",
        fix="one of them",
    ),
    Planted(
        "form with HEAD",
        "bad-body",
        in_source("method = 'HEAD'\nform = { a = 1 }").replace("[sources", "[‸sources"),
        says="a HEAD has no form",
    ),
    Planted("form with a table", "bad-body", in_source("method = 'POST'\n‸form = { a = { b = 1 } }"), fix="a list"),
    Planted("form that is a text", "bad-type", in_source("method = 'POST'\n‸form = 'a=1'"), fix="field"),
    Planted(
        "GraphQL by PUT",
        "bad-body",
        in_source("method = 'PUT'\ngraphql = { query = '{ a }' }").replace("[sources", "[‸sources"),
        fix="POST",
    ),
    Planted("GraphQL of two operations", "bad-graphql", in_source("graphql = { ‸query = '{ a } query B { b }' }")),
    Planted("GraphQL without an operation", "bad-graphql", in_source("graphql = { ‸query = 'fragment A on B { c }' }")),
    Planted("subscription", "bad-graphql", in_source("graphql = { ‸query = 'subscription { a }' }"), fix="mutation"),
    Planted(
        "a reference in the text of a query",
        "bad-graphql",
        in_source("""graphql = { query = 'query { a(id: "‸{id}") { b } }' }"""),
        says="sent as it is",
        fix=r'variables = \{ it = "\{id\}" \}',
    ),
    Planted(
        "a variable that the query does not have",
        "bad-graphql",
        in_source("graphql = { query = 'query ($id: ID!) { a(id: $id) }', variables = { ‸idd = 1 } }"),
        fix="Write 'id'",
    ),
    Planted(
        "a reference in the place of a value of a query",
        "bad-graphql",
        in_source("""graphql = { query = 'query { a(id: ‸{id}) { b } }' }"""),
        says="sent as it is",
        fix=r'variables = \{ it = "\{id\}" \}',
    ),
    Planted(
        "a bracket of a query that is not closed",
        "bad-graphql",
        in_source("graphql = { ‸query = 'query { a { b }' }"),
        fix="Close each",
    ),
    Planted(
        "a variable that the query does not declare",
        "bad-graphql",
        in_source("graphql = { query = '{ a(id: ‸$id) }', variables = { id = 1 } }"),
        fix=r"Declare it: query \(\$id: ID!\)",
    ),
    Planted(
        "a variable that the query needs and does not get",
        "bad-graphql",
        in_source("graphql = { query = 'query (‸$id: ID!, $n: Int! = 2, $o: Int) { a(id: $id, n: $n, o: $o) }' }"),
        fix=r"Add variables = \{ id = ",
    ),
    Planted("variables that are a list", "bad-graphql", in_source("graphql = { query = '{ a }', ‸variables = [1] }")),
    Planted(
        "cache of a write",
        "bad-writes",
        in_source("method = 'DELETE'\ncache = {}").replace("[sources", "[‸sources"),
        fix="writes = false",
    ),
    Planted(
        "cache of a mutation",
        "bad-writes",
        in_source("graphql = { query = 'mutation { a }' }\ncache = {}").replace("[sources", "[‸sources"),
        says="a GraphQL mutation",
    ),
    Planted(
        "DELETE that is hedged",
        "bad-repeat",
        in_source("method = 'DELETE'\nhedge = { after = '1s' }").replace("[sources", "[‸sources"),
    ),
    Planted(
        "invalidates of a read",
        "bad-writes",
        in_source("invalidates = ['a']").replace("[sources", "[‸sources"),
        fix="Remove invalidates",
    ),
    Planted(
        "invalidates of an unknown source",
        "unknown-source",
        in_source("method = 'POST'\ninvalidates = [‸\"b\"]"),
    ),
    Planted(
        "invalidates of what is not kept",
        "bad-writes",
        in_source("method = 'POST'\ninvalidates = [‸\"a\"]"),
        says="no cache",
    ),
    Planted(
        "invalidates of what the write does not refer to",
        "bad-writes",
        in_source(
            "method = 'POST'\ninvalidates = [‸\"b\"]\n[sources.b]\nurl = 'https://b.example/{c.x}'\n"
            "cache = {}\n[sources.c]\nurl = 'https://c.example'"
        ),
        fix=r"Refer to \{c.x\}",
    ),
    # Upstreams
    Planted("sql that is a number", "bad-type", in_sql("1")),
    Planted("sql without a statement", "bad-sql", in_sql("''")),
    Planted("sql with a variable", "bad-sql", in_sql("'select ‸{$v}'"), says="part of the statement"),
    Planted("sql with a secret", "bad-sql", in_sql("'select ‸{!s}'")),
    Planted("sql with a quoted reference", "bad-sql", in_sql("\"select '‸{id}'\""), fix="quotes"),
    Planted("sql with a reference in a comment", "bad-sql", in_sql("'select 1 -- ‸{id}'")),
    Planted("sql with a reference in a word", "bad-sql", in_sql("'select * from t_‸{id}'"), fix="tables"),
    Planted("sql with two statements", "bad-sql", in_sql("'select 1‸; select 2'"), fix="one statement"),
    Planted("sql with a placeholder", "bad-sql", in_sql("'select ‸$1'"), fix="reference"),
    Planted("sql with an open quote", "bad-sql", in_sql('"select \'"')),
    Planted("sql with an escape", "bad-sql", in_sql("'select ‸{id:odata}'"), fix="needs none"),
    Planted(
        "sql that changes something",
        "bad-writes",
        in_sql("'delete from t'").replace("‸", "").replace("[s", "[‸s"),
        fix="writes = true",
    ),
    Planted(
        "cache of a statement that writes",
        "bad-writes",
        in_sql("'select f()'", "writes = true\ncache = { fresh = '1s' }").replace("‸", "").replace("[s", "[‸s"),
        fix="Remove cache",
    ),
    Planted(
        "GET that changes a database",
        "bad-writes",
        in_sql("'select f()'", "writes = true").replace("‸", "").replace("path", "‸path"),
        fix='method = "POST"',
    ),
    Planted("sql with a key of HTTP", "misplaced-key", in_sql("'select 1'", "‸headers = {}"), fix="Remove headers"),
    Planted("sql without a database", "missing-key", f"fanin = 1\n[‸sources.a]\nsql = 'select 1'\n{ENDPOINT}"),
    Planted("key of sql elsewhere", "misplaced-key", in_source("‸max_rows = 5")),
    Planted("no rows", "bad-value", in_sql("'select 1'", "‸max_rows = 0")),
    Planted("rows that are neither", "bad-value", in_sql("'select 1'", "‸rows = 'all'"), fix="one"),
    Planted(
        "one row of a batch",
        "bad-batch",
        in_sql("'select {each}'", "rows = 'one'\nfor_each = 'b'\nbatch = { size = 2, by = 'id' }")
        .replace("‸", "")
        .replace("[s", "[‸s"),
    ),
    Planted(
        "unknown database",
        "unknown-database",
        in_sql("'select 1'").replace("‸", "").replace("database = 'db'", 'database = ‸"bd"'),
        fix="db",
    ),
    Planted("database of another kind", "bad-database", in_database("‸url = 'mysql://u@h/d'"), fix="postgresql"),
    Planted(
        "database with a password", "bad-database", in_database("‸url = 'postgresql://u:secret@h/d'"), fix="{!name}"
    ),
    Planted("database with a query", "bad-database", in_database("url = 'postgresql://u@h/d‸?sslmode=off'"), fix="tls"),
    Planted("database with a parameter", "bad-database", in_database("url = 'postgresql://u@‸{host}/d'")),
    Planted("database without a user", "bad-database", in_database("‸url = 'postgresql://h/d'"), says="user"),
    Planted("database at no port", "bad-database", in_database("url = 'postgresql://u@‸h:0/d'"), says="port"),
    Planted("database without a url", "missing-key", in_database("pool = 1").replace("‸", "").replace("[d", "[‸d")),
    Planted("SQLite in no folder", "bad-path", in_database("‸url = 'sqlite:a.db'")),
    Planted("SQLite without a path", "bad-database", in_database("‸url = 'sqlite:'")),
    Planted(
        "token and password",
        "bad-database",
        in_database("url = 'postgresql://u:{!p}@h/d'\niam = true").replace("‸", "").replace("[d", "[‸d"),
        fix="one of them",
    ),
    Planted(
        "token without TLS",
        "bad-database",
        in_database("url = 'postgresql://u@h/d'\niam = true\ntls = 'off'").replace("‸", "").replace("[d", "[‸d"),
    ),
    Planted("TLS that is no table", "bad-tls", in_database("url = 'postgresql://u@h/d'\n‸tls = 'on'"), fix="off"),
    Planted("TLS by no file", "bad-path", in_database("url = 'postgresql://u@h/d'\ntls = { ‸ca = 'a.pem' }")),
    Planted("pool without connections", "bad-value", in_database("url = 'postgresql://u@h/d'\n‸pool = 0")),
    Planted(
        "unknown key of a database", "unknown-key", in_database("url = 'postgresql://u@h/d'\n‸pol = 1"), fix="pool"
    ),
    Planted(
        "unknown upstream",
        "unknown-upstream",
        in_upstream("", 'url = "/x"').replace('upstream = "api"', 'upstream = ‸"aip"'),
        fix="'api'",
    ),
    Planted(
        "absolute URL with an upstream",
        "bad-url",
        in_upstream("", 'url = "https://b.example/x"').replace("[sources", "[‸sources"),
        fix="/path",
    ),
    Planted(
        "upstream with a query", "bad-url", in_upstream('url = "https://a.example/‸?x=1"', 'url = "/x"'), fix="sources"
    ),
    Planted("upstream by a reference", "bad-url", in_upstream('‸url = "{a.b}"', 'url = "/x"'), fix="https://host"),
    Planted(
        "upstream without a URL", "missing-key", in_upstream("timeout = '1s'", 'url = "/x"').replace("[up", "[‸up")
    ),
    Planted("pick of an upstream", "misplaced-key", in_upstream("‸pick = 'a'", 'url = "/x"'), fix="sources"),
    Planted("unknown key of an upstream", "unknown-key", in_upstream("‸tiemout = '1s'", 'url = "/x"'), fix="'timeout'"),
    Planted("mistake of an upstream is its own", "bad-duration", in_upstream("‸timeout = 'x'", 'url = "/x"')),
    Planted(
        "unknown key of an upstream's table",
        "unknown-key",
        in_upstream("retry = { ‸atempts = 2 }", 'url = "/x"'),
        fix="'attempts'",
    ),
    Planted(
        "rate limit in both places",
        "two-places",
        in_upstream("rate_limit = { calls = 1 }", 'url = "/x"\nrate_limit = { calls = 2 }').replace("[sou", "[‸sou"),
        fix="one of them",
    ),
    Planted(
        "origin with a path", "bad-origin", in_source('‸origins = ["https://b.example/x"]'), fix="https://b.example"
    ),
    Planted(
        "whole URL that may lead anywhere",
        "bad-url",
        f'fanin = 1\n{SOURCE}[‸sources.b]\nurl = "{{a.next}}"\n{ENDPOINT}',
        fix="origins",
    ),
    Planted("whole URL of the client's", "bad-url", in_url("‸{input}"), fix="page.next"),
    Planted("whole URL that may be missing", "bad-reference", in_url("‸{a.next?}")),
    Planted(
        "URL that begins with any parameter",
        "bad-url",
        f'fanin = 1\n[sources.a]\nurl = "‸{{region}}/x"\n{ENDPOINT}[endpoints.e.parameters.region]\n',
        fix="enum",
    ),
    # Policies
    Planted("fewer attempts than two", "bad-value", in_source("retry = { ‸attempts = 1 }")),
    Planted("more attempts than three", "bad-value", in_source("retry = { ‸attempts = 4 }")),
    Planted("share over the whole", "bad-value", in_source("retry = { ‸budget = 1.5 }")),
    Planted("no share", "bad-value", in_source("retry = { ‸budget = 0 }")),
    Planted("share that is a word", "bad-value", in_source("retry = { ‸budget = true }")),
    Planted("wait longer than any call", "bad-duration", in_source('retry = { ‸cap = "30s" }'), fix="29s"),
    Planted("no call to count", "bad-value", in_source("circuit_breaker = { ‸minimum_calls = 0 }")),
    Planted("no probe", "bad-value", in_source("circuit_breaker = { ‸probes = 0 }")),
    Planted("window of a day", "bad-duration", in_source('circuit_breaker = { ‸window = "1d" }'), fix="1h"),
    Planted("rate without a number", "missing-key", in_source("‸rate_limit = {}")),
    Planted("rate of nothing", "bad-value", in_source("rate_limit = { ‸calls = 0 }")),
    Planted(
        "attempt longer than its call",
        "timeout-too-long",
        in_source('timeout = "1s"\n‸attempt_timeout = "1500ms"'),
        says="1.5 s",
    ),
    Planted(
        "POST that is repeated",
        "bad-repeat",
        in_source("method = 'POST'\nretry = {}").replace("[sources", "[‸sources"),
        fix="idempotency_key = true",
    ),
    Planted(
        "POST that is hedged",
        "bad-repeat",
        in_source("method = 'POST'\nhedge = { after = '1s' }").replace("[sources", "[‸sources"),
    ),
    Planted("hedge without a time", "missing-key", in_source("‸hedge = {}")),
    Planted(
        "hedge behind the attempt's end",
        "bad-hedge",
        in_source("timeout = '3s'\nattempt_timeout = '1s'\nhedge = { ‸after = '1s' }"),
        says="no attempt lasts 1 s",
    ),
    Planted("hedge behind the call's end", "bad-hedge", in_source("timeout = '1s'\nhedge = { ‸after = '2s' }")),
    Planted(
        "key for a GET",
        "bad-idempotency-key",
        in_source("idempotency_key = true").replace("[sources", "[‸sources"),
        fix="Remove",
    ),
    Planted(
        "two keys for a POST",
        "bad-idempotency-key",
        in_source("method = 'POST'\nidempotency_key = true\nheaders = { idempotency-key = '1' }").replace(
            "[sources", "[‸sources"
        ),
        says="headers",
    ),
    Planted("fallback with a date", "bad-static", in_source("fallback = { ‸value = [2020-01-01] }"), fix="quotes"),
    Planted("fallback without a value", "missing-key", in_source("‸fallback = {}")),
    # Declarations of parameters
    Planted("enum without values", "bad-parameter", in_endpoint("[‸endpoints.e.parameters.p]\nenum = []")),
    Planted("enum that is no list", "bad-value", in_parameter("‸enum = 'a'"), fix="list"),
    Planted("enum of lists", "bad-value", in_parameter("‸enum = [['a']]"), fix="list"),
    Planted(
        "enum of another type",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'integer'\nenum = ['a']"),
    ),
    Planted(
        "enum table of numbers",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'integer'\nenum = { a = 1 }"),
        says="texts",
    ),
    Planted(
        "default that is no key of the enum table",
        "bad-parameter",
        in_endpoint("[endpoints.e.parameters.p]\nenum = { a = 1 }\n‸default = '1'"),
        says="default",
    ),
    Planted(
        "items of no list", "bad-parameter", in_endpoint("[‸endpoints.e.parameters.p]\nseparator = ','"), fix="list"
    ),
    Planted(
        "enum of a list",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'list'\nenum = ['a']"),
        fix="items",
    ),
    Planted(
        "pattern of a list", "bad-parameter", in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'list'\npattern = 'a'")
    ),
    Planted(
        "wrong key of items", "unknown-key", in_parameter("type = 'list'\nitems = { ‸patern = 'a' }"), fix="'pattern'"
    ),
    Planted("list of lists", "bad-value", in_parameter("type = 'list'\nitems = { ‸type = 'list' }")),
    Planted(
        "more items than a query has values",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'list'\nmax_items = 17"),
        fix="separator",
    ),
    Planted(
        "list in a cookie without a separator",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'list'\nin = 'cookie'"),
        fix="separator",
    ),
    Planted(
        "list in a path without a separator",
        "bad-parameter",
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e/{{p}}"\nsources = ["a"]\n'
        "[endpoints.e.parameters.p]\n‸type = 'list'\n",
        fix="separator",
    ),
    Planted("place that is none", "bad-value", in_parameter("‸in = 'matrix'"), fix="header"),
    Planted(
        "header of its own",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\nin = 'header'\nsent_as = 'Authorization'"),
        fix="forward",
    ),
    Planted(
        "parameter in a header about the connection",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\nin = 'header'\nsent_as = 'Host'"),
        fix="another name, such as X-Tenant",
    ),
    Planted(
        "header with an underscore",
        "bad-parameter",
        in_endpoint("[endpoints.e.parameters.x_tenant]\n‸in = 'header'"),
        fix="X-Tenant",
    ),
    Planted(
        "name that cannot be sent",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\nsent_as = 'a b'"),
        says="a b",
    ),
    Planted(
        "two parameters with one name on the wire",
        "bad-parameter",
        in_endpoint("[endpoints.e.parameters.p]\n[endpoints.e.parameters.q]\n‸sent_as = 'P'"),
        says="'p'",
    ),
    Planted(
        "optional with a default",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\noptional = true\ndefault = 'a'"),
    ),
    Planted(
        "optional parameter that a source needs",
        "absent-parameter",
        f'fanin = 1\n[sources.a]\nurl = "https://a.example?b={{p?}}&c=‸{{p}}"\n{ENDPOINT}'
        "[endpoints.e.parameters.p]\noptional = true\n",
        fix=r"\{p\?\}",
    ),
    *(
        Planted(
            f"{key} of a parameter in the path",
            "bad-parameter",
            f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e/{{p}}"\nsources = ["a"]\n'
            f"[endpoints.e.parameters.p]\n‸{key} = {value}\n",
            fix=key,
        )
        for key, value in {"optional": "true", "in": '"header"', "sent_as": '"q"'}.items()
    ),
    Planted(
        "body of a client that sends none",
        "unknown-reference",
        in_url("https://a.example?b=‸{input.b}"),
        fix="input",
    ),
    Planted("answer's header of fanin's own", "bad-header", in_endpoint("‸headers = { ETag = 'x' }"), says="ETag"),
    Planted(
        "answer's header that sets a cookie",
        "bad-header",
        in_endpoint("‸headers = { Set-Cookie = 'x' }"),
        says="cookie would become one of fanin's host",
        fix="hand a session on as a token",
    ),
    Planted(
        "answer's header about its form", "bad-header", in_endpoint("‸headers = { Content-Type = 'x' }"), says="form"
    ),
    Planted(
        "answer's header about how long it holds",
        "bad-header",
        in_endpoint("‸headers = { Cache-Control = 'x' }"),
        says="how long",
    ),
    Planted("answer's header with a secret", "bad-header", in_endpoint("‸headers = { X-A = '{!a}' }"), says="secret"),
    Planted("answer's header with a line end", "bad-header", in_endpoint('headers = { ‸X-A = "x\\r\\ny" }')),
    Planted(
        "answer's header of a source that is not read", "unknown-reference", in_endpoint("headers = { X-A = '‸{b.x}' }")
    ),
    Planted("answer's header of no parameter", "unknown-parameter", in_endpoint("headers = { X-A = '‸{b}' }")),
    Planted("answer's header of no input", "unknown-reference", in_endpoint("headers = { X-A = '‸{input.b}' }")),
    Planted(
        "values passed through",
        "bad-passthrough",
        in_endpoint("‸passthrough = { source = 'a' }"),
        fix='format = "bytes"',
    ),
    Planted(
        "too much passed through",
        "bad-passthrough",
        f"{in_source('format = "bytes"\nmax_bytes = "5MB"')}‸passthrough = {{ source = 'a' }}",
        fix="4400kB",
    ),
    Planted(
        "kept answers passed through",
        "bad-passthrough",
        f"{in_source('format = "bytes"\ncache = { fresh = "1m" }')}‸passthrough = {{ source = 'a' }}",
        says="cache",
    ),
    Planted(
        "another source passed through",
        "bad-passthrough",
        in_endpoint("passthrough = { source = 'b' }").replace("[endpoints", "[‸endpoints"),
        fix="b",
    ),
    Planted(
        "passed through and merged",
        "bad-passthrough",
        in_endpoint("merge = 'flat'\npassthrough = { source = 'a' }").replace("[endpoints", "[‸endpoints"),
        fix="merge",
    ),
    Planted(
        "parameter in place of the selection",
        "bad-parameter",
        in_endpoint("selectable = true\n[endpoints.e.parameters.only]").replace("[endpoints.e]", "[‸endpoints.e]"),
        fix="selectable",
    ),
    Planted("limit of nothing", "bad-value", in_endpoint("client_limit = { ‸calls = 0 }")),
    Planted("limit without calls", "missing-key", in_endpoint("‸client_limit = { per = '1m' }")),
    Planted(
        "limit per part of a second",
        "bad-duration",
        in_endpoint("client_limit = { calls = 1, ‸per = '1500ms' }"),
        fix='"1s" or "1m"',
    ),
    Planted("limit per week", "bad-duration", in_endpoint("client_limit = { calls = 1, ‸per = '7d' }"), fix="1d"),
    Planted("limit by a header", "bad-value", in_endpoint("client_limit = { calls = 1, ‸by = 'ip' }"), fix="address"),
    Planted(
        "limit of callers that there are not",
        "no-caller",
        in_endpoint("client_limit = { calls = 1, ‸by = 'caller' }"),
        fix='^Write "address"',
    ),
    Planted(
        "unknown key of a limit", "unknown-key", in_endpoint("client_limit = { calls = 1, ‸pre = '1m' }"), fix="'per'"
    ),
    Planted("parameter of another type", "bad-value", in_parameter("‸type = 'point'"), fix="integer"),
    Planted("type by a short name", "bad-value", in_parameter("‸type = 'int'"), fix='^Write "integer"$'),
    Planted(
        "bounds of a text", "bad-parameter", in_endpoint("[‸endpoints.e.parameters.p]\nminimum = 2"), says="minimum"
    ),
    Planted(
        "pattern of a number",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'integer'\npattern = 'x'"),
        says="pattern",
    ),
    Planted(
        "length of a boolean",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'boolean'\nmax_length = 2"),
        says="lengths",
    ),
    Planted(
        "default outside its bounds",
        "bad-parameter",
        in_endpoint("[endpoints.e.parameters.p]\ntype = 'integer'\nmaximum = 2\n‸default = 3"),
        says="default 3",
    ),
    Planted("default of another type", "bad-parameter", in_endpoint("[endpoints.e.parameters.p]\n‸default = 3")),
    Planted(
        "number whose default is a boolean",
        "bad-parameter",
        in_endpoint("[endpoints.e.parameters.p]\ntype = 'integer'\n‸default = true"),
    ),
    Planted(
        "example outside its pattern",
        "bad-parameter",
        in_endpoint("[endpoints.e.parameters.p]\npattern = '[a-z]+'\n‸example = 'A'"),
        says="example 'A'",
    ),
    Planted(
        "pattern that is no regular expression",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\npattern = '('"),
    ),
    Planted(
        "pattern that is no regular expression, with an example",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\npattern = '('\nexample = 'x'"),
    ),
    Planted(
        "least above most",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\ntype = 'integer'\nminimum = 3\nmaximum = 2"),
    ),
    Planted(
        "shortest above longest",
        "bad-parameter",
        in_endpoint("[‸endpoints.e.parameters.p]\nmin_length = 3\nmax_length = 2"),
    ),
    Planted("negative length", "bad-value", in_parameter("‸min_length = -1")),
    Planted("length over the most", "bad-value", in_parameter("‸max_length = 5000")),
    Planted(
        "default of a path's parameter",
        "bad-parameter",
        f'fanin = 1\n{SOURCE}[endpoints.e]\npath = "/e/{{p}}"\nsources = ["a"]\n'
        "[endpoints.e.parameters.p]\n‸default = 'x'\n",
        says="path",
    ),
]


def findings_of(text: str) -> tuple[Finding, ...]:
    """Read a file that has mistakes, and give what was found."""
    with pytest.raises(ConfigError) as caught:
        parse(text, {})
    return caught.value.findings


def placed(marked: str) -> tuple[str, tuple[int, int]]:
    """Take the caret out of a text, and give line and column of where it stood; (0, 0) without one."""
    before, caret, after = marked.partition(CARET)
    return before + after, (before.count("\n") + 1, len(before) - before.rfind("\n")) if caret else (0, 0)


def test_the_files_without_a_mistake_are_served() -> None:
    """What the planted mistakes are planted in is sound."""
    assert parse(in_source(""), {}).endpoints["e"].sources == ("a",)


@pytest.mark.parametrize("planted", MISTAKES, ids=lambda planted: planted.case)
def test_a_mistake_is_named_with_its_rule_its_place_and_a_fix(planted: Planted) -> None:
    """One mistake, one finding, at the line and column of its key, with a message and a fix short enough to read."""
    text, place = placed(planted.text)
    first, *rest = sorted(findings_of(text), key=lambda finding: finding.rule in planted.also)
    assert re.fullmatch(planted.rule, first.rule)
    assert (first.line, first.column) == place
    assert re.search(planted.says, first.message)
    assert re.search(planted.fix, first.fix)
    assert first.message
    assert first.fix
    assert len(str(first)) <= 600
    assert tuple(finding.rule for finding in rest) == planted.also


def test_there_are_tests_for_every_kind_of_mistake() -> None:
    """The table is long, and its cases differ."""
    assert len(MISTAKES) >= 40
    assert len({planted.case for planted in MISTAKES}) == len({planted.text for planted in MISTAKES}) == len(MISTAKES)


def test_all_mistakes_of_a_file_are_named_in_the_order_of_the_file() -> None:
    """Mistakes of single keys and mistakes between tables come in one list, by line."""
    text = """fanin = 1
[endpoints.f]
path = "/sync/f"
sources = ["b"]
[variables]
x = 5
[sources.b]
url = "https://b.example/{c.x}"
tmeout = "1s"
timeout = "fast"
[sources.a]
url = "https://a.example/{city}"
[endpoints.e]
path = "/e"
sources = ["a", "bb"]
timeout = "31s"
"""
    found = [(finding.rule, finding.line) for finding in findings_of(text)]
    assert found == [
        ("reserved-path", 3),
        ("bad-value", 6),
        ("unknown-key", 9),
        ("bad-duration", 10),
        ("unknown-parameter", 12),
        ("unknown-source", 15),
        ("timeout-too-long", 16),
    ]


def test_every_cycle_is_named() -> None:
    """Two cycles that share nothing are two findings."""
    urls = {"a": "b", "b": "a", "c": "d", "d": "c"}
    text = "fanin = 1\n" + "".join(f'[sources.{n}]\nurl = "https://x.example/{{{o}.v}}"\n' for n, o in urls.items())
    text += '[endpoints.e]\npath = "/e"\nsources = ["a", "c"]\n'
    assert [(finding.rule, finding.line) for finding in findings_of(text)] == [("cycle", 3), ("cycle", 7)]


def test_a_wrong_source_makes_no_further_findings_at_those_who_use_it() -> None:
    """An endpoint may list a source that has a mistake of its own, and another may refer to it."""
    text = f'fanin = 1\n[sources.b]\nurl = "nowhere"\n[sources.a]\nurl = "https://a.example/{{b.x}}"\n{ENDPOINT}'
    assert [finding.rule for finding in findings_of(text)] == ["bad-url"]


def test_a_file_with_a_url_and_a_path_works() -> None:
    """Everything else has a default."""
    config = parse(in_source(""), {})
    source, endpoint = config.sources["a"], config.endpoints["e"]
    assert isinstance(source, HttpSource)
    assert (source.name, source.method, source.timeout, source.max_bytes) == ("a", "GET", None, 2_000_000)
    assert (endpoint.name, endpoint.timeout, endpoint.merge, endpoint.required) == ("e", 10.0, "nested", ())


def test_the_message_has_a_line_for_each_finding_as_compilers_write_them() -> None:
    """File, line and column stand first, so that editors can follow them."""
    with pytest.raises(ConfigError) as caught:
        parse(in_source('timout = "1s"'), {}, file="other.toml")
    assert str(caught.value) == "other.toml:4:1: sources.a.timout: unknown key. Write 'timeout' [unknown-key]"


def test_carriage_returns_move_no_finding() -> None:
    """A file saved on Windows has the same findings at the same places."""
    text = in_source('timout = "1s"')
    assert findings_of(text.replace("\n", "\r\n")) == findings_of(text)


def test_lists_nested_beyond_reading_are_a_finding() -> None:
    """What the TOML parser cannot hold is refused like any other mistake."""
    assert findings_of(f"fanin = {'[' * 5000}")[0].rule == "toml"


@pytest.mark.parametrize("url", ["https://a.example/users/@me", "https://a.example?mail=me@b.example"])
def test_a_path_and_a_query_may_have_an_at_sign(url: str) -> None:
    """RFC 3986, sections 3.3 and 3.4: pchar."""
    source = parse(in_url(url).replace(CARET, ""), {}).sources["a"]
    assert source.request({}).url == url.replace("example?", "example/?")


@pytest.mark.parametrize("base", ["https://a.example", "https://a.example/", "https://a.example/v1/"])
def test_a_variable_that_ends_in_a_slash_brings_no_second_one(base: str) -> None:
    text = f'fanin = 1\n[variables]\nbase = "{base}"\n[sources.a]\nurl = "{{$base}}/x"\n{ENDPOINT}'
    assert parse(text, {}).sources["a"].request({}).url == f"{base.rstrip('/')}/x"


class TestVariables:
    """`[variables]`, and the environment before them."""

    TEXT = f'fanin = 1\n[variables]\nhost = "https://a.example"\n[sources.a]\nurl = "{{$host}}/x"\n{ENDPOINT}'

    def origin(self, environment: dict[str, str]) -> str:
        """Read the file, and give the origin of its source."""
        return parse(self.TEXT, environment).sources["a"].origins_by_key["url"]

    def test_they_stand_for_scheme_host_and_port(self) -> None:
        """As the file says."""
        assert self.origin({}) == "https://a.example"

    def test_the_environment_goes_before_the_file(self) -> None:
        """`FANIN_VAR_HOST` overrides `host`, and nothing else does."""
        environment = {"FANIN_VAR_HOST": "http://127.0.0.1:8080", "host": "x", "FANIN_VAR_host": "x", "HOST": "x"}
        assert self.origin(environment) == "http://127.0.0.1:8080"

    def test_one_variable_of_the_environment_may_hold_several(self) -> None:
        """`FANIN_VARIABLES` has pairs; one that is named by itself goes before it."""
        together = {"FANIN_VARIABLES": "host=http://127.0.0.1:8080"}
        assert self.origin(together) == "http://127.0.0.1:8080"
        assert self.origin(together | {"FANIN_VAR_HOST": "http://127.0.0.1:9090"}) == "http://127.0.0.1:9090"

    def test_the_environments_value_is_checked_as_the_files_is(self) -> None:
        """A URL that only the environment makes wrong is a finding at the URL."""
        with pytest.raises(ConfigError) as caught:
            self.origin({"FANIN_VAR_HOST": "nowhere"})
        assert [(f.rule, f.line) for f in caught.value.findings] == [("bad-url", 5)]


class TestFiles:
    """Reading from disk."""

    def refused(self, path: Path) -> Finding:
        """Load a file that cannot be, and give the one finding."""
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        (finding,) = caught.value.findings
        assert path.name in str(caught.value)
        return finding

    def test_a_file_is_read_as_utf8(self, tmp_path: Path) -> None:
        """Whatever the machine's locale."""
        (tmp_path / "fanin.toml").write_text(in_endpoint('summary = "Größe"'), "utf-8")
        assert load(tmp_path / "fanin.toml", {}).endpoints["e"].summary == "Größe"

    def test_a_missing_file_is_a_finding(self, tmp_path: Path) -> None:
        """The fix names FANIN_CONFIG."""
        assert "FANIN_CONFIG" in self.refused(tmp_path / "fanin.toml").fix

    def test_a_folder_is_a_finding(self, tmp_path: Path) -> None:
        """It cannot be read."""
        assert self.refused(tmp_path).rule == "file"

    def test_other_encodings_are_a_finding(self, tmp_path: Path) -> None:
        """TOML is UTF-8."""
        (tmp_path / "fanin.toml").write_bytes("é".encode("latin-1"))
        assert "UTF-8" in self.refused(tmp_path / "fanin.toml").message

    def test_a_huge_file_is_a_finding(self, tmp_path: Path) -> None:
        """Over the cap, nothing is read into tables."""
        (tmp_path / "fanin.toml").write_bytes(b"#" * (MAX_FILE + 1))
        assert str(MAX_FILE) in self.refused(tmp_path / "fanin.toml").message


def test_the_format_has_a_json_schema_for_editors() -> None:
    """Every key is in it, and it is JSON."""
    schema = json.loads(json.dumps(json_schema()))
    assert set(schema["definitions"]["Source"]["properties"]) >= {
        "url",
        "method",
        "headers",
        "body",
        "timeout",
        "pick",
        "drop",
    }


@pytest.mark.parametrize("name", ["from", "class", "self", "json", "schema", "copy", "model_config", "model_dump"])
def test_any_name_may_be_a_parameters(name: str) -> None:
    """Python's words and pydantic's are names of parameters like any other."""
    config = parse(in_path(f"/e/{{{name}}}").replace(CARET, ""), {})
    assert list(config.endpoints["e"].all_parameters) == [name]


VALUE = """fanin = 1
[variables]
who = "us"
[sources.a]
{lines}
[endpoints.e]
path = "/e"
sources = ["a"]
"""


def mistakes_in(lines: str) -> list[tuple[str, str, str]]:
    """Give the rule, the last part of the key and the fix of each finding of a source with these lines."""
    with pytest.raises(ConfigError) as raised:
        parse(VALUE.format(lines=lines), {})
    return [(finding.rule, str(finding.key[-1]), finding.fix) for finding in raised.value.findings]


def test_a_static_value_has_its_variables_and_doubled_braces_put_in() -> None:
    source = parse(VALUE.format(lines='value = { by = "{$who}", brace = ["{{x}}", 1, true] }'), {}).sources["a"]
    assert source.static == {"by": "us", "brace": ["{x}", 1, True]}
    assert list(source.references) == []


def test_a_source_is_of_one_kind_and_the_mistake_names_the_keys_that_clash() -> None:
    with pytest.raises(ConfigError) as raised:
        parse(VALUE.format(lines='value = 1\nurl = "https://a.example"'), {})
    (finding,) = raised.value.findings
    assert (finding.rule, finding.key) == ("two-kinds", ("sources", "a"))
    assert "url and value" in finding.message


_MADE_OF_OTHERS = "Write compute for a value that is made of others; or each brace twice, for a literal one"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            'timeout = "1s"',
            [("missing-key", "url", "Add it, or what another kind of source has: value, compute, first_of, sql")],
        ),
        ('value = "{city}"', [("bad-static", "value", _MADE_OF_OTHERS)]),
        ('value = "{!key}"', [("bad-static", "value", _MADE_OF_OTHERS)]),
        (
            'value = "{$nobody}"',
            [("unknown-variable", "value", "Define it in [variables], or use one of: who")],
        ),
        (
            'value = "{"\nretry = { attempts = 9 }\nmethod = "GET"\npick = "x"\nvalues = 1',
            [
                ("bad-reference", "value", "Write it twice for a literal one"),
                ("misplaced-key", "retry", "Remove retry, or value"),
                ("misplaced-key", "method", "Remove method, or value"),
                ("misplaced-key", "pick", "Remove pick, or value"),
                ("unknown-key", "values", "Write 'value'"),
            ],
        ),
    ],
)
def test_what_a_static_value_cannot_have_is_found_with_its_fix(lines: str, found: list[tuple[str, str, str]]) -> None:
    assert mistakes_in(lines) == found
