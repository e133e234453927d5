"""Every mixture of policies behind a cache: what is kept is answered whatever the sources do, and marked as it is."""

from pathlib import Path

import pytest

from fanin.testing import App, gives
from tests.contract.test_mixtures import BEHAVIOURS, SOURCES, subsets, toml_of


@pytest.mark.parametrize("policies", [*subsets()], ids=["+".join(subset) or "none" for subset in subsets()])
def test_what_is_kept_is_answered_at_once_and_marked_until_its_time_is_over(
    tmp_path: Path, policies: tuple[str, ...]
) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(
        toml_of(policies).replace('timeout = "1s"\n', 'timeout = "1s"\ncache = { fresh = "1m", stale = "1h" }\n')
    )
    app = App(file)
    for name in SOURCES:
        app.sources[name].script = gives({"live": True}, after=0.01)
    assert app.get("/e").complete
    for name, behaviour in zip(SOURCES, BEHAVIOURS.values(), strict=True):
        app.sources[name].script = behaviour

    fresh = app.get("/e")
    assert (fresh.seconds, set(fresh.sources.values())) == (0.0, {"fresh"})
    assert fresh.headers["cache-control"].startswith("max-age=")

    app._loop.advance(61)
    for _ in range(5):
        stale = app.get("/e")
        assert (stale.status, stale.complete, stale.seconds) == (200, True, 0.0)
        assert set(stale.sources.values()) == {"stale"}
        assert {name: stale.body[name] for name in SOURCES} == {name: {"live": True} for name in SOURCES}
        app._loop.advance(60)

    app._loop.advance(3600)
    over = app.get("/e")
    assert "stale" not in over.sources.values()
    assert over.headers["cache-control"] == "no-store"
    assert over.sources["a"] == "fresh"
    assert not over.complete
