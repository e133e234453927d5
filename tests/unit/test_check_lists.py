"""What `fanin check` finds of lists: each finding has its place, and its fix repairs the file."""

import pytest

from fanin.config import parse
from fanin.config.check_lists import most_attempts, most_calls
from fanin.config.finding import ConfigError, Finding
from fanin.config.warn import warnings

FILE = """fanin = 1
[sources.ids]
url = "https://api.example/ids"
timeout = "1s"
[sources.posts]
url = "https://api.example/posts?id={each}"
for_each = "ids"
timeout = "2s"
[endpoints.e]
path = "/e"
sources = ["posts"]
[endpoints.e.parameters.n]
type = "integer"
maximum = 50
"""


def changed(*changes: tuple[str, str]) -> str:
    """Give the file with texts in it exchanged."""
    text = FILE
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


def found(text: str) -> list[Finding]:
    """Give what is found in a file, warnings included, but that something is not used."""
    try:
        return [finding for finding in warnings(parse(text, {}), text) if finding.rule != "unused"]
    except ConfigError as error:
        return list(error.findings)


LIST = 'for_each = "ids"\n'


@pytest.mark.parametrize(
    ("changes", "rule", "line", "says", "fixed"),
    [
        ([(LIST, "")], "bad-for-each", 6, "{each} is an item", None),
        (
            [("{each}", "x"), (LIST, "max_items = 3\n")],
            "bad-for-each",
            5,
            "max_items is about items",
            ("max_items = 3", ""),
        ),
        (
            [(LIST, LIST + 'limit = "{n}"\n'), ("integer", "number")],
            "bad-limit",
            8,
            "no integer",
            ('"number"', '"integer"'),
        ),
        ([(LIST, LIST + "limit = -1\n")], "bad-limit", 8, "less than no item", ("-1", "1")),
        ([(LIST, LIST + 'limit = "{ids.n}"\n')], "bad-limit", 8, "neither a number", ("{ids.n}", "{n}")),
        ([(LIST, LIST + 'limit = "{m}"\n')], "unknown-parameter", 8, "{m} is no parameter", ("{m}", "{n}")),
        (
            [(LIST, LIST + "limit = 101\n")],
            "bad-limit",
            8,
            "101 items",
            ("limit = 101", "limit = 101\nmax_items = 101"),
        ),
        (
            [(LIST, LIST + 'limit = "{n}"\nmax_items = 40\n')],
            "bad-limit",
            8,
            "50 items",
            ("max_items = 40", "max_items = 50"),
        ),
        ([(LIST, 'for_each = "idz"\n')], "unknown-name", 7, "idz", ("idz", "ids")),
        ([(LIST, 'for_each = "posts[]"\n')], "cycle", 7, "posts needs posts", ("posts[]", "ids[]")),
        ([(LIST, LIST + "batch = { size = 2 }\n")], "missing-key", 8, "missing", ("2 }", '2, by = "id" }')),
        (
            [("?id={each}", "/{each}"), (LIST, LIST + 'batch = { size = 2, by = "id" }\n')],
            "bad-batch",
            6,
            "{each} is a list in a batch, and none has a place here",
            ("/{each}", "?id={each}"),
        ),
        (
            [(LIST, LIST + 'batch = { size = 2, by = "id" }\nheaders = { X-Id = "{each}" }\n')],
            "bad-batch",
            9,
            "{each} is a list in a batch, and none has a place here",
            ('headers = { X-Id = "{each}" }\n', ""),
        ),
        ([(LIST, LIST + 'batch = { size = 2, by = "a b" }\n')], "bad-batch", 8, "no field", ("a b", "a")),
        ([(LIST, LIST + 'batch = { size = 2, by = ["a"] }\n')], "bad-batch", 8, "no field", ('["a"]', '"a"')),
        ([(LIST, LIST + "concurrency = 101\n")], "bad-value", 8, "101", ("101", "100")),
        (
            [("[endpoints.e.p", 'merge = "flat"\n[endpoints.e.p')],
            "flat-list",
            11,
            "'posts' is a list",
            ("flat", "nested"),
        ),
        (
            [(LIST, LIST + "rate_limit = { calls = 60 }\n")],
            "items-over-limit",
            7,
            "100 calls, and rate_limit lets 60",
            ("60 }", "100 }"),
        ),
        (
            [(LIST, LIST + 'attempt_timeout = "300ms"\n')],
            "items-too-long",
            9,
            "100 calls, 10 at once, can take 3 s",
            (LIST, LIST + "concurrency = 20\n"),
        ),
        (
            [("{each}", "x")],
            "unused-each",
            7,
            "the calls for all items are the same",
            ("posts?id=x", "posts?id={each}"),
        ),
    ],
)
def test_each_mistake_is_found_with_a_fix_that_repairs(
    changes: list[tuple[str, str]], rule: str, line: int, says: str, fixed: tuple[str, str] | None
) -> None:
    """At its line, and alone."""
    text = changed(*changes)
    (finding,) = found(text)
    assert (finding.rule, finding.line) == (rule, line)
    assert says in finding.message
    assert finding.fix
    repaired = text.replace(*fixed) if fixed else FILE
    assert found(repaired) == []


def test_the_file_has_nothing_to_mend() -> None:
    assert found(FILE) == []


@pytest.mark.parametrize(
    ("keys", "calls", "requests"),
    [
        ("", 100, 100),
        ("limit = 7", 7, 7),
        ('limit = "{n}"', 50, 50),
        ("max_items = 30\nlimit = 40", 30, 30),
        ("max_items = 30\nretry = { attempts = 3 }", 30, 90),
        ('max_items = 30\nhedge = { after = "100ms" }', 30, 60),
        ('max_items = 30\npages = { next = "body.next", max = 3 }', 30, 90),
        ('max_items = 31\nbatch = { size = 10, by = "id" }', 4, 4),
    ],
)
def test_the_most_calls_and_requests_of_a_list_are_known(keys: str, calls: int, requests: int) -> None:
    """For an endpoint, whose parameter may limit them."""
    config = parse(changed((LIST, LIST + keys + "\n")), {})
    source, endpoint = config.sources["posts"], config.endpoints["e"]
    assert (most_calls(source, endpoint), most_attempts(source, endpoint)) == (calls, requests)
