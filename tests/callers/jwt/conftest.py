"""One fault server, and one of moto's, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.aws.conftest import moto
from tests.faults.process import FaultServer

__all__ = ["faults", "moto"]


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultServer]:
    """Run the fault server."""
    with FaultServer(tmp_path_factory.mktemp("authority")) as running:
        yield running
