"""Sources with sql in users' own tests: scripted by their rows, without any database."""

from pathlib import Path

import pytest

from fanin.testing import App, gives

FILE = """
fanin = 1
[databases.shop]
url = "postgresql://web:{!shop_db}@orders.internal/shop"
[sources.orders]
database = "shop"
sql = "select id, sku from orders where customer = {id} and (cast({sku?} as text) is null or sku = {sku?})"
[endpoints.orders]
path = "/customers/{id}/orders"
sources = ["orders"]
parameters = { id = { type = "integer" }, sku = { optional = true } }
"""


@pytest.mark.parametrize("prefix", ["", "/threads", "/sync", "/sync-threads"])
def test_a_database_is_scripted_by_its_rows(prefix: str, tmp_path: Path) -> None:
    """And a test sees what was bound."""
    (tmp_path / "fanin.toml").write_text(FILE)
    rows = [{"id": 1, "sku": "tea"}]
    app = App(tmp_path / "fanin.toml", {"orders": gives(rows)})
    assert app.get(f"{prefix}/customers/7/orders").body == {"orders": rows}
    app.get(f"{prefix}/customers/7/orders", sku="it's")
    assert app.sources["orders"].parameters == [[7, None], [7, "it's"]]
