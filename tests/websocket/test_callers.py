"""Endpoints with a caller are shut to connections, which do not say who asks."""

import pytest

from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.websocket.messages import Subscribe
from fanin.entrypoints.websocket.subject import Subjects
from fanin.errors import RequestError
from tests.unit.scenario import config_of

CONFIG = config_of("""
[callers.staff]
authorizer = {}
[sources.own]
url = "https://own.example/{caller.sub}"
[sources.free]
url = "https://free.example/"
[endpoints.own]
path = "/own/{id}"
caller = "staff"
sources = ["own"]
[endpoints.free]
path = "/free"
sources = ["free"]
""")


@pytest.mark.parametrize("params", [{"id": "7"}, {}])
def test_an_endpoint_with_a_caller_cannot_be_subscribed_to(params: dict[str, str]) -> None:
    """It is refused before its parameters are looked at."""
    subjects = Subjects(Catalogue(CONFIG), {})
    with pytest.raises(RequestError) as refused:
        subjects.find(Subscribe(action="subscribe", id="a", endpoint="own", params=params))
    assert (refused.value.status, refused.value.problem) == (401, "not-authenticated")
    assert subjects.find(Subscribe(action="subscribe", id="a", endpoint="free")).url == "/free"
