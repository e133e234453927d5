"""What the tests of fanin.live are given."""

from tests.aws.conftest import environment, moto

__all__ = ["environment", "moto"]
