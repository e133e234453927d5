"""`make serve` has FastAPI and Django in one process: a client has one limit there, whoever answers."""

import os
from pathlib import Path

import pytest

from tests.contract.ask import Question, over_http
from tests.server.serving import serving

FILE = """
fanin = 1
[sources.thing]
value = 7
[endpoints.thing]
path = "/thing"
sources = ["thing"]
client_limit = { calls = 5, per = "1d" }
"""
MODELS = ("", "/threads", "/django", "/django/async")


@pytest.mark.parametrize("composition", ["mounted", "beside"])
def test_requests_count_together_whichever_model_serves_them(composition: str, tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(FILE)
    with serving(tmp_path, {**os.environ, "FANIN_CONFIG": str(file)}, composition) as url:
        replies = [over_http(url, model)(Question("/thing")) for model in MODELS * 2]
    assert [reply.status for reply in replies] == [200] * 5 + [429] * 3
    assert [reply.headers["ratelimit"].partition(";t=")[0] for reply in replies] == [
        f'"default";r={left}' for left in (4, 3, 2, 1, 0, 0, 0, 0)
    ]
