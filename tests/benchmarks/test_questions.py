"""What the models are asked."""

from pathlib import Path

import pytest

from benchmarks import configuration
from benchmarks.contrast.run import example
from fanin.config import load
from fanin.local.process.console import Problem

UPSTREAM = tuple(range(20_000, 20_040))


def test_the_measured_configuration_has_an_endpoint_for_each_number_of_calls(tmp_path: Path) -> None:
    config = load(configuration.write(tmp_path, UPSTREAM, (1, 32), 100), {})
    by_path = {endpoint.path: endpoint for endpoint in config.endpoints.values()}
    assert set(by_path) == {configuration.path_of(1), configuration.path_of(32)}
    assert len(by_path[configuration.path_of(32)].sources) == 32


def test_its_sources_are_as_many_hosts_and_wait_for_none_of_each_other(tmp_path: Path) -> None:
    config = load(configuration.write(tmp_path, UPSTREAM, (8,), 100), {})
    assert len({repr(source) for source in config.sources.values()}) == 8
    assert not any(list(source.references) for source in config.sources.values())


@pytest.mark.parametrize(("endpoint", "path"), [("trip", "/trip/Lisbon"), ("forecast", "/forecast/Lisbon?days=2")])
def test_an_endpoint_is_asked_with_its_examples(endpoint: str, path: str) -> None:
    assert example(endpoint) == path


def test_an_unknown_endpoint_is_no_question() -> None:
    with pytest.raises(Problem, match="no endpoint nothing"):
        example("nothing")
