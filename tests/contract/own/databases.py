"""Cases about databases: what they read, which file is served, and what must come back, whatever the dialect."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives

SETUP = """
create table customers (id integer primary key, name text not null);
insert into customers values (1, 'Ada'), (2, 'Grace'), (3, 'it''s "quoted" \\ and {braced}');
create table orders (id integer primary key, customer integer not null, sku text, quantity integer not null);
insert into orders values (10, 1, 'tea', 2), (11, 1, 'cup', 1), (12, 2, 'tea', 5), (13, 3, null, 1);
"""
PROBLEM = "https://fanin.example/problems/"


def file(database: str, listed: str) -> str:
    """Give fanin.toml.

    Args:
        database: the keys of the database.
        listed: how the dialect says that a value is in a list; `{}` for the reference.
    """
    return f'''
fanin = 1
[variables]
api = "https://api.example"
[databases.shop]
{database}

[sources.orders]
database = "shop"
sql = """select id, sku, quantity from orders -- of a customer
         where customer = {{id}} order by id"""

[sources.customer]
database = "shop"
sql = "select id, name from customers where id = {{id}}"
rows = "one"

[sources.any_customer]
database = "shop"
sql = "select id, name from customers where id = {{id}}"
rows = "one"
missing = "null"

[sources.first]
database = "shop"
sql = "select id from customers order by id"
rows = "one"

[sources.named]
database = "shop"
sql = "select id, name from customers where name = {{name}} or '{{{{}}}}' = {{name}}"

[sources.some]
database = "shop"
sql = "select id from customers where cast({{name?}} as text) is null or name = {{name?}} order by id"

[sources.few]
database = "shop"
sql = "select id from orders order by id"
max_rows = 3

[sources.small]
database = "shop"
sql = "select id, sku, quantity from orders order by id"
max_bytes = "100B"

[sources.twice]
database = "shop"
sql = "select id, customer as id from orders"

[sources.wrong]
database = "shop"
sql = "select nothing from nowhere"

[sources.picked]
database = "shop"
sql = "select sku, quantity from orders where customer = {{id}} order by id"
pick = "[].sku"

[sources.kept]
database = "shop"
sql = "select nothing from nowhere"
fallback = {{ value = [] }}

[sources.listed]
database = "shop"
sql = "select id from orders where {listed.format("id", "{ids}")} order by id"

[sources.ids]
url = "{{$api}}/ids"

[sources.by_item]
database = "shop"
for_each = "ids"
sql = "select name from customers where id = {{each}}"
rows = "one"

[sources.batched]
database = "shop"
for_each = "ids"
batch = {{ size = 2, by = {{ each = "id", row = "id" }} }}
sql = "select id, name from customers where {listed.format("id", "{each}")}"

[sources.many]
database = "shop"
for_each = "ids"
batch = {{ size = 10, by = {{ each = "id", row = "customer" }}, rows = "many" }}
sql = "select customer, sku from orders where {listed.format("customer", "{each}")} order by id"

[sources.joined]
database = "shop"
for_each = "orders"
sql = "select count(*) as others from orders where sku = {{each.sku}}"
rows = "one"
join_as = "in_all"

[sources.of_api]
url = "{{$api}}/people/{{customer.name}}"

{"".join(_endpoint(*each) for each in _ENDPOINTS)}
'''


_ID = {"id": 'type = "integer"'}
_ENDPOINTS: tuple[tuple[str, str, str, Mapping[str, str]], ...] = (
    ("orders", "/customers/{id}/orders", "orders", _ID),
    ("customer", "/customers/{id}", "customer", _ID),
    ("any", "/any/{id}", "any_customer", _ID),
    ("first", "/first", "first", {}),
    ("named", "/named", "named", {"name": ""}),
    ("some", "/some", "some", {"name": "optional = true"}),
    ("few", "/few", "few", {}),
    ("small", "/small", "small", {}),
    ("twice", "/twice", "twice", {}),
    ("wrong", "/wrong", "wrong", {}),
    ("picked", "/picked/{id}", "picked", _ID),
    ("kept", "/kept", "kept", {}),
    ("listed", "/listed", "listed", {"ids": 'type = "list"\nseparator = ","\nitems = { type = "integer" }'}),
    ("by_item", "/each", "by_item", {}),
    ("batched", "/batched", "batched", {}),
    ("many", "/many", "many", {}),
    ("joined", "/joined/{id}", "joined", _ID),
    ("of_api", "/people/{id}", "of_api", _ID),
)


def _endpoint(name: str, path: str, source: str, parameters: Mapping[str, str]) -> str:
    declared = "".join(f"[endpoints.{name}.parameters.{each}]\n{keys}\n" for each, keys in parameters.items())
    return f'[endpoints.{name}]\npath = "{path}"\nsources = ["{source}"]\n{declared}'


def _failed(rule: str, path: str, source: str, problem: str, status: int = 502) -> Case:
    return Case(rule, path, {"status": status}, status=status, complete=False, sources={source: problem})


def _tells_nothing(reply: Reply, _: Sequence[Asked]) -> None:
    assert "nowhere" not in reply.content.decode()
    assert "select" not in reply.content.decode()


def _named(value: str, *rows: Any) -> Case:
    question = Question("/named", urlencode({"name": value}))
    return Case(f"the text {value!r} stays a value", question, {"named": list(rows)})


CASES = [
    Case(
        "the value of a source with sql is the list of its rows, each an object",
        "/customers/1/orders",
        {"orders": [{"id": 10, "sku": "tea", "quantity": 2}, {"id": 11, "sku": "cup", "quantity": 1}]},
        sources={"orders": "fresh"},
    ),
    Case("no rows are an empty list", "/customers/9/orders", {"orders": []}),
    Case("NULL is null", "/customers/3/orders", {"orders": [{"id": 13, "sku": None, "quantity": 1}]}),
    Case("with rows = one the value is the row", "/customers/2", {"customer": {"id": 2, "name": "Grace"}}),
    _failed("no row is not-found", "/customers/9", "customer", "not-found", 404),
    Case("no row is null, if that is what missing means", "/any/9", {"any_customer": None}),
    _failed("two rows where one may be are undecodable", "/first", "first", "source-undecodable"),
    _failed("more than max_rows refuse the source", "/few", "few", "source-too-large"),
    _failed("more than max_bytes of JSON refuse the source", "/small", "small", "source-too-large"),
    _failed("two columns of one name are undecodable", "/twice", "twice", "source-undecodable"),
    Case(
        "a statement that the database refuses is rejected, and nothing of it is told",
        "/wrong",
        {"detail": "the database refused the statement of wrong, or a value in it"},
        status=502,
        complete=False,
        sources={"wrong": "source-rejected"},
        check=_tells_nothing,
    ),
    Case("pick sees the list of rows", "/picked/1", {"picked": ["tea", "cup"]}),
    Case("an optional reference without a value is NULL", "/some", {"some": [{"id": 1}, {"id": 2}, {"id": 3}]}),
    Case("an optional reference with a value is bound", "/some?name=Ada", {"some": [{"id": 1}]}),
    Case("a list of the request is a list of the database", "/listed?ids=11,13", {"listed": [{"id": 11}, {"id": 13}]}),
    Case(
        "a parameter that is no integer asks no database",
        "/customers/x",
        {"status": 422},
        status=422,
        complete=None,
    ),
    Case(
        "a text with NUL is refused before any call",
        "/named?name=a%00b",
        {"status": 422},
        status=422,
        complete=None,
    ),
    Case(
        "each item of a list has a statement",
        "/each",
        {"by_item": [{"name": "Grace"}, {"name": "Ada"}]},
        {"GET /ids": Gives([2, 1])},
    ),
    Case(
        "a batch has one statement for its items, whose rows are given to each",
        "/batched",
        {"batched": [{"id": 3, "name": 'it\'s "quoted" \\ and {braced}'}, {"id": 1, "name": "Ada"}, None]},
        {"GET /ids": Gives([3, 1, None])},
    ),
    Case(
        "a batch may give each item a list of rows",
        "/many",
        {"many": [[{"customer": 1, "sku": "tea"}, {"customer": 1, "sku": "cup"}], [], [{"customer": 2, "sku": "tea"}]]},
        {"GET /ids": Gives([1, 9, 2])},
    ),
    Case(
        "rows are items of further statements",
        "/joined/2",
        {"joined": [{"id": 12, "sku": "tea", "quantity": 5, "in_all": {"others": 2}}]},
    ),
    Case(
        "an API is asked with what a database says",
        "/people/1",
        {"of_api": {"born": 1815}},
        {"GET /people/Ada": Gives({"born": 1815})},
    ),
    _named("Ada", {"id": 1, "name": "Ada"}),
    *map(_named, ("Ada'", "Ada' or '1'='1", "'; drop table customers; --", "$1", "?1", "%s", "{name}", "\\", "{1,2}")),
]

type Check = Callable[[Reply, Sequence[Asked]], None]
