"""fanin.entrypoints.django.endpoints: a body that a WSGI server cuts short, since its client has gone, is refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import OPEN
from fanin.entrypoints.django.endpoints import ServedEndpoint
from fanin.errors import RequestError
from tests.unit.scenario import config_of

CATALOGUE = Catalogue(
    config_of("""
[sources.a]
url = "https://a.example"
[endpoints.e]
path = "/e"
method = "POST"
input = { type = "integer", examples = [12] }
sources = ["a"]
""")
)


def request(body: bytes, length: str) -> Any:
    """Make a request as Django has it under WSGI."""
    headers = {"Content-Type": "application/json"}
    return SimpleNamespace(method="POST", META={"CONTENT_LENGTH": length}, headers=headers, body=body, environ={})


def test_a_whole_body_is_served() -> None:
    begun = ServedEndpoint(CATALOGUE, "e", OPEN).begin(request(b"12", "2"), {})
    assert [call.source.name for call in begun.aggregation.start()] == ["a"]


def test_a_body_that_was_cut_short_is_not() -> None:
    """What there is of it is a good one, which says something else."""
    with pytest.raises(RequestError) as refused:
        ServedEndpoint(CATALOGUE, "e", OPEN).begin(request(b"1", "2"), {})
    assert (refused.value.status, refused.value.problem) == (400, "malformed-body")
