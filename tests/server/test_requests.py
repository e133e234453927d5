"""What `make serve` of the repository shows to try: requests of whatever fanin.toml it serves."""

import pytest

from fanin.config import Config, load
from fanin.local.layout import ROOT
from fanin.local.stack import stack
from server import serve


@pytest.mark.parametrize(
    ("file", "first"),
    [("fanin.toml", "/trip/Lisbon"), ("examples/timeline/fanin.toml", "/timeline/engines/difference")],
)
def test_the_first_endpoint_is_shown_in_each_execution_model(
    file: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Config = load(ROOT / file, {})
    monkeypatch.setattr(stack, "read_configuration", lambda: config)
    shown = serve._requests("http://127.0.0.1:3000")
    assert shown[: len(serve.ENDPOINTS)] == [f"http://127.0.0.1:3000{model}{first}" for model in serve.ENDPOINTS]
    assert len(shown) == len(serve.ENDPOINTS) + len(config.endpoints) - 1
