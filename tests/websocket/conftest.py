"""What the tests of fanin.entrypoints.websocket are given."""

from tests.aws.conftest import environment, moto

__all__ = ["environment", "moto"]
