"""fanin.policies.order and the registers of kinds: one list each, which docs, composition and the tool read."""

import re
from importlib import import_module
from typing import Any

import pytest

from fanin.config.callers import Callers
from fanin.config.kinds import register as models
from fanin.config.kinds.first_of import FirstOfSource
from fanin.contract.headers import validity
from fanin.engine.call import Call, Request
from fanin.engine.outcome import Outcome, Span
from fanin.local.layout import ROOT
from fanin.policies.cache.key import key_of
from fanin.policies.order import STEPS
from fanin.testing import App, gives
from tests.unit.scenario import config_of


def between(page: str, mark: str) -> str:
    """Give what stands between two marks of a page of the docs."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return text.split(f"<!-- {mark}: from policies/order.py -->\n")[1].split(f"<!-- {mark} end -->")[0]


def test_the_docs_table_of_steps_is_the_list() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in between("request.md", "steps").splitlines()
    ]
    told = [row for row in rows if len(row) == 4][2:]
    assert told == [
        [step.key, ", ".join(f"`{file}`" for file in step.files), step.does, "yes" if step.blocking else "no"]
        for step in STEPS
    ]


def test_the_docs_order_of_policies_is_the_lists() -> None:
    assert re.findall(r"`(\w+)`", between("policies.md", "order")) == [step.key for step in STEPS]


def test_every_file_that_a_step_names_is_there() -> None:
    assert [file for step in STEPS for file in step.files if not (ROOT / "src/fanin" / file).exists()] == []


def test_every_kind_of_fanin_toml_has_fetches_and_no_other_has() -> None:
    """But the one in whose place others are asked. The folder of a kind has the name of its key."""
    folders = [file.parent for file in (ROOT / "src/fanin/sources").glob("*/__init__.py")]
    fetching = {folder.name for folder in folders if hasattr(import_module(f"fanin.sources.{folder.name}"), "on_loop")}
    assert fetching == {kind.kind for kind in models.KINDS} - {FirstOfSource.kind}
    assert all(callable(import_module(f"fanin.sources.{name}").in_threads) for name in fetching)
    assert len({kind.kind for kind in models.KINDS}) == len(models.KINDS)


def test_every_kind_of_callers_is_identified_by_the_module_of_its_name() -> None:
    for key in Callers.model_fields:
        assert callable(import_module(f"fanin.callers.{key}").identifying)


def test_the_cache_key_of_a_static_value_is_its_value() -> None:
    sources = config_of("[sources.a]\nvalue = 1\n[endpoints]\n").sources
    others = config_of("[sources.a]\nvalue = 2\n[endpoints]\n").sources
    a, b, c = (
        key_of(Call(source, Request("", url), 1.0, Span(ready=0.0)))
        for source, url in ((sources["a"], ""), (others["a"], ""), (sources["a"], "https://a.example"))
    )
    assert a == c != b


@pytest.mark.parametrize(
    ("fresh_for", "kept"),
    [((60.0, float("inf")), "max-age=60"), ((float("inf"),), "no-store"), ((None, float("inf")), "no-store")],
)
def test_a_static_value_never_shortens_freshness(fresh_for: tuple[float | None, ...], kept: str) -> None:
    outcomes: dict[str, Outcome[Any]] = {str(at): Outcome(1, fresh_for=length) for at, length in enumerate(fresh_for)}
    assert dict(validity(outcomes, ()))["Cache-Control"] == kept


STATIC = """fanin = 1
[sources.notice]
value = { text = "closed" }
[sources.shop]
url = "https://a.example/{notice.text}"
cache = { fresh = "1m" }
[endpoints.e]
path = "/e"
sources = ["notice", "shop"]
"""


def test_a_users_test_needs_no_script_for_a_static_value(tmp_path: Any) -> None:
    """In every model; another source can refer to its fields."""
    (tmp_path / "fanin.toml").write_text(STATIC)
    app = App(tmp_path / "fanin.toml", {"shop": gives(1)})
    for path in ("/e", "/sync/e", "/sync-threads/e", "/threads/e"):
        reply = app.get(path)
        assert reply.body == {"notice": {"text": "closed"}, "shop": 1}
        assert reply.complete
    assert app.get("/e").headers["cache-control"].startswith("max-age=5")  # that of shop, at most a tenth shortened
    assert app.sources["shop"].urls[0] == "https://a.example/closed"
    assert set(app.sources) == {"shop"}
    with pytest.raises(ValueError, match="makes no call"):
        App(tmp_path / "fanin.toml", {"notice": gives(1)})
