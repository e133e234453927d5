"""`make serve`, as its own tests have it."""

from tests.server.conftest import admin, functions, mark, url

__all__ = ["admin", "functions", "mark", "url"]
