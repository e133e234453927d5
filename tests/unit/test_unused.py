"""fanin.config.unused: what a file defines and nothing uses, and fields that a value cannot have."""

import pytest

from fanin.config import parse
from fanin.config.finding import Finding
from fanin.config.warn import warnings

FILE = """fanin = 1

[variables]
host = "https://a.example"
agent = "shop/2"

[sources.search]
url = "{$host}/search?name={city}&page={page}"
headers = { User-Agent = "{$agent}" }
pick = "hits[0].{sku: sku, price: price.amount}"
timeout = "1s"

[sources.stock]
url = "{$host}/stock/{search.sku}"
timeout = "1s"

[sources.notes.value]
licence = "CC BY 4.0"

[endpoints.shop]
path = "/shop/{city}"
sources = ["stock", "notes"]

[endpoints.shop.parameters.page]
type = "integer"
default = 1
"""


def warned(*changes: tuple[str, str]) -> list[Finding]:
    """Change the file, and give its warnings."""
    text = FILE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return warnings(parse(text, {}), text)


def test_a_file_whose_parts_are_all_used_has_no_warning() -> None:
    assert warned() == []


@pytest.mark.parametrize(
    ("change", "key", "place", "says"),
    [
        (("{$agent}", "me"), ("variables", "agent"), (5, 1), "nothing refers to the variable 'agent'"),
        (("&page={page}", ""), ("endpoints", "shop", "parameters", "page"), (24, 2), "parameter 'page'"),
        (("{city}&", "Lisbon&"), ("endpoints", "shop", "path"), (21, 15), "parameter 'city'"),
        ((', "notes"', ""), ("sources", "notes"), (17, 2), "no endpoint reads 'notes'"),
    ],
)
def test_what_nothing_uses_is_warned_of_where_it_stands(
    change: tuple[str, str], key: tuple[str, ...], place: tuple[int, int], says: str
) -> None:
    (finding,) = warned(change)
    assert finding.rule == "unused"
    assert finding.key == key
    assert (finding.line, finding.column) == place
    assert says in finding.message


def test_a_source_that_only_others_refer_to_is_used() -> None:
    """`search` is listed nowhere, and `stock` refers to it."""
    assert not [finding for finding in warned() if finding.key == ("sources", "search")]


@pytest.mark.parametrize(
    ("changes", "says", "fix"),
    [
        ([("{search.sku}", "{search.id}")], "the value of 'search' has no 'id'", "Use one of: price, sku"),
        ([("{search.sku}", "{search.skus}")], "the value of 'search' has no 'skus'", "Write 'sku'"),
        ([('timeout = "1s"\n\n[sources.stock]', "drop = ['sku']\n\n[sources.stock]")], "has no 'sku'", "price"),
        ([("/{search.sku}", "/{notes.license}")], "the value of 'notes' has no 'license'", "Write 'licence'"),
        ([('"hits[0].{', '"hits | [0].{'), ("{search.sku}", "{search.id}")], "has no 'id'", "Use one of: price, sku"),
    ],
)
def test_a_field_that_a_value_cannot_have_is_warned_of(changes: list[tuple[str, str]], says: str, fix: str) -> None:
    (finding,) = [each for each in warned(*changes) if each.rule == "unknown-field"]
    assert says in finding.message
    assert fix in finding.fix
    assert (finding.line, finding.column) == (14, 22) or "drop" in str(changes)


def test_a_parameter_that_only_a_header_of_the_answer_refers_to_is_used() -> None:
    table = "[endpoints.shop.parameters"
    assert warned(("&page={page}", ""), (table, f"headers.X-Page = '{{page}}'\n\n{table}")) == []


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ("{ properties = { name = true }, additionalProperties = false }", ["Write 'name'"]),
        ("{ properties = { name = true } }", ["Write 'name'"]),
        ("{ properties = { city = true } }", []),
        ("{ properties = { name = true }, patternProperties = { '^n' = true } }", []),
        ("{ properties = { naem = true }, additionalProperties = false }", []),
    ],
)
def test_a_member_that_no_input_has_is_warned_of(schema: str, found: list[str]) -> None:
    """A schema that takes other members too says nothing of those that are spelled otherwise than its own."""
    text = FILE.replace("{city}&", "{city}&name={input.naem}&")
    text = text.replace("sources =", f"method = 'POST'\ninput = {schema}\nsources =")
    told = [each for each in warnings(parse(text, {}), text) if each.rule == "unknown-field"]
    assert [finding.fix for finding in told] == found


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ('[sources.total]\ncompute = "search.prize"', ("sources", "total", "compute")),
        ('[sources.more]\nurl = "{$host}/more"\nwhen = "search.prize"', ("sources", "more", "when")),
        ('[endpoints.priced]\npath = "/priced/{city}/{page}"\npick = "search.prize"', ("endpoints", "priced", "pick")),
    ],
)
def test_a_field_that_an_expression_reads_in_vain_is_warned_of(place: str, key: tuple[str, ...]) -> None:
    """An expression would read null, and nobody would know why."""
    text = FILE.replace("[endpoints.shop.parameters.page]", f"{place}\n\n[endpoints.shop.parameters.page]")
    (finding,) = [each for each in warnings(parse(text, {}), text) if each.rule == "unknown-field"]
    assert (finding.key, finding.message) == (key, "search.prize is null: the value of 'search' has no 'prize'")
    assert finding.fix == "Write 'price'"
    sound = text.replace("prize", "price")
    assert not [each for each in warnings(parse(sound, {}), sound) if each.rule == "unknown-field"]


@pytest.mark.parametrize(
    "pick", ["hits[0]", "hits[].{sku: sku}", "hits[0].{sku: sku} || {id: `1`}", "merge(@, {a: a})"]
)
def test_a_field_that_only_the_answer_knows_is_not_warned_of(pick: str) -> None:
    changes = (("hits[0].{sku: sku, price: price.amount}", pick), ("{search.sku}", "{search.id}"))
    assert [finding.rule for finding in warned(*changes)] == []


def test_a_field_that_a_header_of_the_answer_refers_to_is_looked_for() -> None:
    """Such a header would be left out of every answer."""
    headers = 'path = "/shop/{city}"\nheaders = { X-Sku = "{search.%s}", X-City = "{city}" }'
    assert warned(('path = "/shop/{city}"', headers % "sku")) == []
    (finding,) = warned(('path = "/shop/{city}"', headers % "skuu"))
    assert (finding.rule, finding.fix) == ("unknown-field", "Write 'sku'")
    assert (finding.line, finding.key) == (22, ("endpoints", "shop", "headers", "X-Sku"))
