"""One fault server, and one of moto's, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.aws.conftest import moto
from tests.faults.process import FaultServer

__all__ = ["faults", "moto"]


@pytest.fixture(autouse=True)
def _little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give issuers half a second."""
    for sender in ("send", "send_blocking"):
        monkeypatch.setattr(f"fanin.callers.{sender}.TIMEOUT", 0.5)


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultServer]:
    """Run the fault server."""
    with FaultServer(tmp_path_factory.mktemp("authority")) as running:
        yield running
