"""The fix that a finding names repairs the file: what it says, written there, is served."""

from dataclasses import dataclass

import pytest

from fanin.config import parse
from fanin.config.finding import ConfigError, Finding
from fanin.config.template import ParameterReference

FILE = """fanin = 1

[variables]
host = "https://a.example"

[sources.search]
url = "{$host}/search?name={city}"
timeout = "1s"

[sources.stock]
url = "{$host}/stock/{search.sku}"

[endpoints.shop]
path = "/shop/{city}"
sources = ["stock"]
required = ["stock"]
"""


@dataclass(frozen=True)
class Case:
    """A mistake in the file above, and its repair.

    Args:
        sound: a part of the file.
        broken: what is written in its place.
        fix: what the fix must say.
        repaired: what the fix says to write in its place; the sound part if empty.
        marked: what the caret must stand under.
        environment: variables of the environment.
    """

    sound: str
    broken: str
    fix: str
    repaired: str = ""
    marked: str = ""


TIMEOUT = 'timeout = "1s"'
CASES = {
    "a source with a capital": Case("[sources.stock]", "[sources.Stock]", "Write stock", marked="sources.Stock"),
    "a capital where a source is listed": Case(
        'sources = ["stock"]', 'sources = ["Stock"]', "Write stock", marked='"Stock"'
    ),
    "a variable without scheme": Case(
        '"https://a.example"', '"a.example"', 'Write "https://a.example" for it in [variables]', marked="{$host}"
    ),
    "an unknown variable": Case("{$host}/search", "{$hsot}/search", "or use one of: host", marked="{$hsot}"),
    "two braces with spaces": Case("{search.sku}", "{{ search.sku }}", "Write {search.sku}", marked="{{ search.sku }}"),
    "two braces": Case("{search.sku}", "{{search.sku}}", "Write {search.sku}", marked="{{search.sku}}"),
    "two braces that are meant": Case("{search.sku}", "{{sku}}", "or %7Bsku%7D for braces", "%7Bsku%7D"),
    "spaces between braces": Case("{search.sku}", "{ search.sku }", "Write {search.sku}", marked="{ search.sku }"),
    "an index in brackets": Case(
        "{search.sku}", "{search.hits[0].sku}", "Write {search.hits.0.sku}", "{search.hits.0.sku}"
    ),
    "a parameter with a capital": Case("name={city}", "name={City}", "Write {city}", marked="{City}"),
    "a URL without quotes": Case(
        'url = "{$host}/search?name={city}"',
        "url = https://a.example/search",
        'Put it in quotes: "https://a.example/search"',
        'url = "https://a.example/search"',
        marked="https://a.example/search",
    ),
    "a source as a whole": Case("{search.sku}", "{search}", "Write {search.field}, with a field", marked="{search}"),
    "the client's body": Case(
        TIMEOUT, 'headers = { X-Who = "{body}" }', "Write {input} for the client's body", TIMEOUT, marked="{body}"
    ),
    "a field of the client's body": Case(
        TIMEOUT, 'headers = { X-Who = "{body.who?}" }', "Write {input.who?} for a field", TIMEOUT, marked="{body.who?}"
    ),
    "the client's body in an expression": Case(TIMEOUT, "when = 'body.who'", "Write input", TIMEOUT, marked="body"),
    "a claim that is named by a URL": Case(
        TIMEOUT,
        'headers = { X-Who = "{caller.https://a.example/b?}" }',
        """'{caller."https://a.example/b"?}'""",
        """headers = { X-Who = '{caller."https://a.example/b"?}' }""",
        marked="{caller.https://a.example/b?}",
    ),
    "the time": Case(TIMEOUT, 'headers = { X-Now = "{now}" }', "no reference to the time", TIMEOUT, marked="{now}"),
    "the request": Case(
        TIMEOUT, 'headers = { X-A = "{request.headers.a}" }', "declared in [endpoints.NAME.parameters]", TIMEOUT
    ),
    "a format of an endpoint": Case(
        'required = ["stock"]', 'required = ["stock"]\nformat = "xml"', "Remove it", marked="format"
    ),
    "a caller with an s": Case(
        TIMEOUT,
        'headers = { X-Who = "{callers.sub?}" }',
        "Write 'caller'",
        'headers = { X-Who = "{caller.sub?}" }',
        marked="{callers.sub?}",
    ),
    "a list for a boolean": Case(
        TIMEOUT, 'private = ["x"]', "Write private = true, or private = false", "private = true", marked="private"
    ),
    "a number for a list": Case('["stock"]\nrequired', "7\nrequired", "Write sources = [ … ]", marked="sources"),
    "a list for a text": Case(TIMEOUT, 'join_as = ["x"]\nfor_each = "`[]`"', 'Write join_as = "x"', TIMEOUT),
    "an empty separator": Case(
        TIMEOUT, 'separator = ""', "Write a longer one: at least 1", 'separator = ","', marked="separator"
    ),
    "a time without quotes": Case('"1s"', "1s", 'Put it in quotes: "1s"', marked="1s"),
    "a time with a point without quotes": Case('"1s"', "1.5s # fast", 'in quotes: "1.5s"', '"1.5s"', marked="1.5s"),
    "a time without quotes in a table": Case(
        TIMEOUT, "cache = { fresh = 5m }", 'in quotes: "5m"', 'cache = { fresh = "5m" }', marked="5m"
    ),
    "a source without quotes": Case(
        'required = ["stock"]', "required = [stock]", 'Put it in quotes: "stock"', marked="stock"
    ),
    "typographic quotes": Case('"1s"', "“1s”", 'Put it in quotes: "1s"', marked="“1s”"),
    "yes for true": Case(TIMEOUT, "private = yes", "Write true", "private = true", marked="yes"),
    "True for true": Case(TIMEOUT, "private = True", "Write true", "private = true", marked="True"),
    "a quote that is not closed": Case('"1s"', '"1s', "End the text with a quote on its line"),
    "a colon for the equals sign": Case(TIMEOUT, 'timeout: "1s"', "Write key = value"),
    "a key twice": Case(TIMEOUT, f'{TIMEOUT}\ntimeout = "2s"', "Write it once"),
    "a time for a cache": Case(
        TIMEOUT, 'cache = "5m"', 'Write cache = { fresh = "5m" }', 'cache = { fresh = "5m" }', marked="cache"
    ),
    "false for a cache that no upstream has": Case(TIMEOUT, "cache = false", "Remove cache", TIMEOUT, marked="cache"),
    "false for a time that no upstream has": Case(TIMEOUT, "timeout = false", "Remove timeout", TIMEOUT),
    "false for a header that no upstream has": Case(
        TIMEOUT, "headers = { X-A = false }", "Remove X-A", "headers = {}", marked="X-A"
    ),
    "a number for retries": Case(TIMEOUT, "retry = 3", "Write retry = { attempts = 3 }", "retry = { attempts = 3 }"),
    "a flag for retries": Case(TIMEOUT, "retry = true", "Write retry = {}", "retry = {}"),
    "a time for a hedge": Case(
        TIMEOUT, 'hedge = "200ms"', 'Write hedge = { after = "200ms" }', 'hedge = { after = "200ms" }'
    ),
    "a number for a rate": Case(
        TIMEOUT, "rate_limit = 60", "Write rate_limit = { calls = 60 }", "rate_limit = { calls = 60 }"
    ),
    "a token for auth": Case(
        TIMEOUT, 'auth = "{!key}"', 'Write auth = { bearer = "{!key}" }', 'auth = { bearer = "{!key}" }'
    ),
    "a scheme and a token for auth": Case(
        TIMEOUT, 'auth = "Bearer {!key}"', 'Write auth = { bearer = "{!key}" }', 'auth = { bearer = "{!key}" }'
    ),
    "a scheme before a token": Case(
        TIMEOUT,
        'auth = { bearer = "Bearer {!key}" }',
        "Write the token only",
        'auth = { bearer = "{!key}" }',
        marked="Bearer {!key}",
    ),
    "a variable as shells write it": Case(
        '"{$host}/search?name={city}"', '"${host}/search?name={city}"', "Write {$host}", marked="${host}"
    ),
    "a list without a comma": Case(
        'sources = ["stock"]', 'sources = ["stock" "search"]', "Put a comma", 'sources = ["stock", "search"]'
    ),
    "a table without a comma": Case(
        TIMEOUT, 'retry = { attempts = 2 base = "1s" }', "Put a comma", "retry = { attempts = 2 }"
    ),
    "a table twice": Case("[sources.stock]", "[sources.search]", "Write it once"),
    "a table of a list": Case("[sources.stock]", "[[sources]]", "Write [sources.NAME], in single brackets"),
    "a path without its slash": Case('"/shop/{city}"', '"shop/{city}"', "Write /shop/{city}: "),
    "a path with a slash at its end": Case('"/shop/{city}"', '"/shop/{city}/"', "Write /shop/{city}: "),
    "a parameter with a colon": Case('"/shop/{city}"', '"/shop/:city"', "Write /shop/{city}: "),
    "a parameter with a kind": Case('"/shop/{city}"', '"/shop/<str:city>"', "Write /shop/{city}: "),
    "a parameter of a path with a capital": Case('"/shop/{city}"', '"/shop/{City}"', "Write /shop/{city}: "),
    "a text for a table that no text makes": Case(TIMEOUT, 'cache = "warm"', "with keys of fresh, stale", "cache = {}"),
    "a URL for a source": Case(
        '[sources.stock]\nurl = "{$host}/stock/{search.sku}"',
        '[sources]\nstock = "https://b.example"',
        'Write stock = { url = "https://b.example" }',
        '[sources]\nstock = { url = "https://b.example" }',
    ),
    "a type for a parameter": Case(
        'required = ["stock"]',
        'parameters.city = "string"',
        'Write city = { type = "string" }',
        'parameters.city = { type = "string" }',
    ),
    "a text for a list": Case('required = ["stock"]', 'required = "stock"', 'Write required = ["stock"]'),
    "a text for a flag": Case(TIMEOUT, 'private = "yes"', "Write private = true", "private = true"),
    "a text for a number": Case(TIMEOUT, 'redirects = "2"', "Write redirects = 2", "redirects = 2"),
    "a number for a text": Case('required = ["stock"]', "summary = 5", 'Write summary = "5"', 'summary = "5"'),
    "more than a bound": Case(TIMEOUT, "redirects = 9", "Write 5 at most", "redirects = 5"),
    "less than a bound": Case(TIMEOUT, "retry = { attempts = 1 }", "Write 2 or more", "retry = { attempts = 2 }"),
    "auth of an endpoint": Case(
        'required = ["stock"]',
        'auth = { bearer = "{!key}" }',
        "It is a source's: put it below [sources.…], not below [endpoints.shop]",
        '[sources.stock.auth]\nbearer = "{!key}"',
        marked="auth",
    ),
    "merge of a source": Case(
        TIMEOUT, 'merge = "flat"', "It is an endpoint's: put it below [endpoints.…], not below [sources.search]"
    ),
}


def findings_of(text: str, environment: dict[str, str] | None = None) -> tuple[Finding, ...]:
    """Read a file, and give what was found; nothing if it is served."""
    try:
        parse(text, environment or {})
    except ConfigError as error:
        return error.findings
    return ()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mistake_has_a_finding_whose_fix_repairs_the_file(case: Case) -> None:
    assert FILE.count(case.sound) == 1
    broken, repaired = (FILE.replace(case.sound, text) for text in (case.broken, case.repaired or case.sound))
    finding, *same = findings_of(broken)
    assert case.fix in finding.fix
    assert {each.message for each in same} <= {finding.message}
    assert findings_of(repaired) == ()
    if case.marked:
        assert broken.splitlines()[finding.line - 1].startswith(case.marked, finding.column - 1)


class TestEnvironment:
    """Variables that the environment sets."""

    def found(self, text: str, file: str = FILE) -> tuple[tuple[str, str], ...]:
        """Read the file with `FANIN_VARIABLES`, and give rule and fix of what was found."""
        return tuple((finding.rule, finding.fix) for finding in findings_of(file, {"FANIN_VARIABLES": text}))

    def test_a_value_may_have_spaces_that_are_percent_encoded(self) -> None:
        """So that a template's parameter can carry them."""
        text = FILE.replace("[variables]", '[variables]\nagent = "x"')
        text = text.replace('timeout = "1s"', 'headers.User-Agent = "{$agent}"')
        pairs = "agent=shop/2.0%20(team@example.org)%20100%25 host=https://b.example/a=b"
        request = parse(text, {"FANIN_VARIABLES": pairs}).sources["search"].request({ParameterReference("city"): "c"})
        assert request.headers == (("User-Agent", "shop/2.0 (team@example.org) 100%"),)
        assert request.url == "https://b.example/a=b/search?name=c"

    def test_what_is_no_pair_is_a_finding(self) -> None:
        assert self.found("host=https://b.example (team)") == (
            ("bad-variables", "Write host=https://b.example%20(team) if it belongs to that value"),
        )
        for text in ("host = x", "host", "=x"):
            assert self.found(text) == (
                ("bad-variables", "Write name=value without spaces; a space in a value is %20"),
            )

    def test_what_is_not_percent_encoded_is_a_finding(self) -> None:
        assert self.found("host=https://b.example/100%") == (("bad-variables", "Write %25 for a percent sign"),)
        assert self.found("host=https://b.example/%ff") == (("bad-variables", "Percent-encode UTF-8"),)

    def test_a_name_that_the_file_does_not_define_is_a_finding(self) -> None:
        assert self.found("hots=https://b.example") == (("unknown-variable", "Write 'host'"),)

    def test_a_finding_about_the_environment_stands_before_those_of_lines_and_has_none(self) -> None:
        found = findings_of(FILE.replace('"1s"', '"1"'), {"FANIN_VARIABLES": "hots=x"})
        assert [(finding.line, str(finding).partition(":")[0]) for finding in found] == [
            (0, "FANIN_VARIABLES"),
            (8, "8"),
        ]

    def test_the_place_that_sets_a_value_is_named_where_the_value_is_wrong(self) -> None:
        (_, second) = findings_of(FILE, {"FANIN_VAR_HOST": "b.example"})
        assert second.fix == 'Write "https://b.example" for it in FANIN_VAR_HOST'
        (_, second) = findings_of(FILE, {"FANIN_VARIABLES": "host=b.example"})
        assert second.fix == 'Write "https://b.example" for it in FANIN_VARIABLES'


def test_an_endpoints_tables_have_their_own_keys() -> None:
    """Neither the endpoint's nor the file's keys are what a table in an endpoint takes."""
    with pytest.raises(ConfigError) as raised:
        parse(FILE + 'passthrough = { source = "stock", heeaders = ["X-Report"] }', {})
    assert [(finding.rule, finding.fix) for finding in raised.value.findings] == [("unknown-key", "Write 'headers'")]


def test_a_value_of_the_wrong_type_is_told_of_in_the_words_of_toml() -> None:
    """Nobody who writes the file knows of dictionaries and tuples."""
    with pytest.raises(ConfigError) as raised:
        parse(FILE + 'passthrough = "stock"', {})
    (finding,) = raised.value.findings
    assert finding.message == "'stock' is no table"
    assert finding.fix == 'Write passthrough = { source = "stock" }'
