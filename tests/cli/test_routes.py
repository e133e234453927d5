from pathlib import Path

from fanin.cli.routes import PREFIXES
from tests.cli.conftest import Run
from tests.contract.models import MODELS


def test_every_endpoint_is_listed_under_each_functions_prefix(run: Run) -> None:
    ran = run("routes")
    assert ran.code == 0
    for text in (
        "/trip/{city}",
        "/sync/trip/{city}",
        "/sync-threads/trip/{city}",
        "days: integer 1..16 = 3",
        "forecast (geo)",
    ):
        assert text in ran.output


def test_a_project_has_the_functions_in_its_folder(run: Run, tmp_path: Path) -> None:
    """Without the part `contrast` there is only the gateway, and nothing below /threads."""
    file = tmp_path / "fanin.toml"
    file.write_text(Path("fanin.toml").read_text())
    every = {(function, prefix) for function, prefixes in PREFIXES.items() for prefix in prefixes}
    for function, served in (
        ("", every),
        ("gateway", {("gateway", "")}),
        ("sync", every - {("django", "/django"), ("django", "/django/async")}),
    ):
        (tmp_path / "functions" / function).mkdir(parents=True)
        listed = run("routes", "--json", "--file", str(file)).json["routes"]
        found = {
            (each["function"], each["path"].removesuffix("/credits"))
            for each in listed
            if each["endpoint"] == "credits"
        }
        assert found == served


def test_json_says_where_a_parameter_is_and_what_it_takes(run: Run) -> None:
    (route,) = [route for route in run("routes", "--json").json["routes"] if route["path"] == "/forecast/{city}"]
    assert route["function"] == "gateway"
    assert route["method"] == "GET"
    assert route["sources"] == ["forecast"]
    assert route["reads"] == ["forecast", "geo"]
    city, days = route["parameters"]
    assert (city["in"], city["required"], city["type"]) == ("path", True, "string")
    assert (days["in"], days["required"], days["default"], days["maximum"]) == ("query", False, 3, 16)


def test_the_prefixes_are_those_of_the_execution_models() -> None:
    served = {(function, prefix) for function, prefixes in PREFIXES.items() for prefix in prefixes}
    assert served == {(model.function, model.prefix) for model in MODELS.values()}
