from collections.abc import Callable

from tests.cli.conftest import Run

UNBOUNDED = """\
fanin = 1
[sources.a]
url = "https://api.example.com/a"
[sources.b]
url = "https://api.example.com/b/{a.id}"
timeout = "1s"
[endpoints.e]
path = "/e"
sources = ["b"]
timeout = "2s"
"""


def test_the_plan_is_a_tree_with_the_critical_path_marked(run: Run) -> None:
    ran = run("explain", "trip")
    assert ran.code == 0
    lines = ran.output.splitlines()
    tree = [line.split(" {")[0].rstrip() for line in lines[3:9]]
    assert tree == [
        "●  geo",
        "   ├─ weather",
        "   ├─ air",
        "●  ├─ country",
        "●  │  └─ rates",
        "   └─ summary",
    ]


def test_the_worst_case_is_told_for_each_execution_model(run: Run) -> None:
    output = run("explain", "trip").output
    assert "Worst case, all calls at once:       3 s  ● geo → country → rates" in output
    assert "one call after another:  3 s  where the endpoint's timeout cuts the 7.5 s" in output


def test_json_has_the_plan_and_its_times(run: Run) -> None:
    explained = run("explain", "forecast", "--json").json
    assert explained["critical_path"] == ["geo", "forecast"]
    assert explained["timeout_ms"] == 3000
    assert explained["worst_case_ms"] == {"async": 2500, "sync": 2500}
    geo, forecast = explained["sources"]
    assert (geo["in_body"], geo["needs"]) == (False, [])
    assert forecast["references"] == ["{geo.lat}", "{geo.lon}", "{days}"]
    assert forecast["worst_case_ms"] == {"starts": 1000, "ends": 2500}
    assert forecast["timeout_ms"] == 1500


def test_a_source_without_a_timeout_may_take_the_endpoints(run: Run, written: Callable[[str], str]) -> None:
    file = written(UNBOUNDED)
    explained = run("explain", "e", "--json", "--file", file).json
    assert explained["worst_case_ms"] == {"async": 2000, "sync": 2000}
    assert explained["sync_without_endpoint_timeout_ms"] is None
    output = run("explain", "e", "--file", file).output
    assert "no time is left" in output
    assert "the endpoint's" in output


def test_nothing_but_the_origin_of_a_url_is_shown(run: Run, written: Callable[[str], str]) -> None:
    """A key for an API may stand in its path or query."""
    file = written(UNBOUNDED.replace("com/a", "com/a?key=topsecret"))
    for arguments in (["explain", "e"], ["explain", "e", "--json"], ["routes"], ["routes", "--json"]):
        assert "topsecret" not in run(*arguments, "--file", file).output


def test_an_endpoint_that_is_not_there_is_answered_with_the_nearest(run: Run) -> None:
    ran = run("explain", "tripp")
    assert ran.code == 2
    assert "Write 'trip'" in ran.messages


def test_a_file_that_cannot_be_served_shows_its_findings(run: Run, written: Callable[[str], str]) -> None:
    file = written(UNBOUNDED.replace("timeout", "tiemout"))
    ran = run("explain", "e", "--file", file)
    assert ran.code == 1
    assert ran.output == ""
    assert "unknown key [unknown-key]" in ran.messages
    assert run("explain", "e", "--json", "--file", file).json["errors"] == 2


def test_limit_of_clients_is_told(run: Run, written: Callable[[str], str]) -> None:
    file = written(UNBOUNDED + 'client_limit = { calls = 60, per = "1m", by = "address" }\n')
    assert ", at most 60 in 1 m, each address" in run("explain", "e", "--file", file).output
    assert run("explain", "e", "--json", "--file", file).json["client_limit"] == "60 in 1 m, each address"
    assert run("explain", "trip", "--json").json["client_limit"] is None
