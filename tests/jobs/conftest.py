"""moto's AWS, as the tests of the client have it."""

from tests.aws.conftest import environment, moto

__all__ = ["environment", "moto"]
