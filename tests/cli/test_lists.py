"""What the tool says of lists."""

from collections.abc import Callable, Iterator

import pytest

from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream
from tests.cli.conftest import Run

TEXT = """
fanin = 1
[variables]
open_meteo_geocoding = "https://geocoding-api.open-meteo.com"
[sources.cities]
value = ["Lisbon", "Xyzzyq", "Lisbon", "Nairobi"]
[sources.places]
for_each = "cities"
limit = "{n}"
url = "{$open_meteo_geocoding}/v1/search?name={each}&count=1"
pick = "results[0].name"
timeout = "2s"
retry = { attempts = 2 }
[endpoints.places]
path = "/places"
sources = ["places"]
[endpoints.places.parameters.n]
type = "integer"
default = 4
maximum = 40
"""


@pytest.fixture
def upstream_only(upstream: Upstream) -> Iterator[dict[str, str]]:
    """The environment in which the file reads from a demo upstream without rules."""
    upstream.reset()
    yield {**variables(upstream.base_url, {"open_meteo_geocoding"}), "FANIN_ALLOW": "127.0.0.0/8:*"}
    upstream.reset()


@pytest.fixture
def file(written: Callable[[str], str]) -> str:
    """Write the file."""
    return written(TEXT)


def test_a_list_is_a_row_with_the_lengths_of_its_calls(run: Run, upstream_only: dict[str, str], file: str) -> None:
    """And how many of its items failed; the first of them say why."""
    ran = run("call", "places", "--file", file, **upstream_only)
    assert ran.code == 3
    assert ran.json["places"] == ["Lisbon", None, "Lisbon", "Nairobi"]
    lines = ran.messages.splitlines()
    (row,) = [line for line in lines if "places" in line and "█" in line]
    assert "partial, 4 items, 1 failed" in row
    (lengths,) = [line for line in lines if "median" in line]
    assert "3 calls" in lengths
    assert "places: 1 of 4 items of places failed" in lines
    assert "  [1]: places has no such thing" in lines


@pytest.mark.parametrize("model", ["async", "sync", "threads"])
def test_each_call_is_drawn_if_asked_for(run: Run, upstream_only: dict[str, str], file: str, model: str) -> None:
    """Under the place of its item."""
    messages = run("call", "places", "--items", "--model", model, "--file", file, **upstream_only).messages
    assert [place for place in range(4) if f"  [{place}]  " in messages] == [0, 1, 3]
    assert "median" not in messages


def test_json_has_each_call(run: Run, upstream_only: dict[str, str], file: str) -> None:
    """With its times."""
    (_, places) = run("call", "places", "n=1", "--json", "--file", file, **upstream_only).json["sources"]
    assert (places["outcome"], places["items"], places["attempts"]) == ("fresh", 1, 1)
    (call,) = places["calls"]
    assert call["item"] == 0
    assert places["ready_ms"] <= call["started_ms"] <= call["ended_ms"] == places["ended_ms"]


def test_what_policies_did_is_counted(run: Run, upstream_only: dict[str, str], file: str, upstream: Upstream) -> None:
    """Rather than told for each call."""
    upstream.rules({"*": {"fail": "status", "status": 503}})
    messages = run("call", "places", "n=2", "--file", file, **upstream_only).messages
    told = [line for line in messages.splitlines() if line.startswith("places: retry")]
    assert told
    assert all(line.endswith("of its calls)") for line in told)
    assert "places at" not in messages


def test_explain_says_how_many_requests_a_list_can_be(run: Run, file: str) -> None:
    """By the limit's maximum, and the attempts of each call."""
    explained = run("explain", "places", "--json", "--file", file).json
    assert explained["most_requests"] == 80
    (_, places) = explained["sources"]
    assert (places["for_each"], places["most_items"], places["concurrency"]) == ("cities", 40, 10)
    assert (places["most_calls"], places["most_requests"]) == (40, 80)
    assert places["worst_case_ms"] == {"starts": 0, "ends": 2000}
    output = run("explain", "places", "--file", file).output
    assert "{each} {n} for_each: cities" in output
    assert "80, 10 at once" in output


def test_one_item_is_told_as_one(run: Run, upstream_only: dict[str, str], file: str) -> None:
    """Without a plural."""
    messages = run("call", "places", "n=1", "--file", file, **upstream_only).messages
    assert "fresh, 1 item\n" in "\n".join(line.rstrip() for line in messages.splitlines())


def test_explain_counts_every_page_of_every_item(run: Run, written: Callable[[str], str]) -> None:
    """Each page is a request with its own attempts."""
    paged = TEXT.replace("retry =", 'pages = { next = "body.next", max = 5 }\nretry =')
    assert run("explain", "places", "--json", "--file", written(paged)).json["most_requests"] == 40 * 5 * 2
