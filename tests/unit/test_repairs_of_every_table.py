"""Mistakes in a file that has every table of fanin.toml: each is found, and what the finding says repairs the file."""

import pytest

from fanin.config import parse
from fanin.config.finding import ConfigError, Finding
from fanin.config.warn import warnings
from tests.unit.test_repairs import Case

FILE = """fanin = 1
caller = "anyone"

[variables]
shop = "https://shop.example"

[upstreams.hub]
url = "{$shop}/v3"
headers = { Accept = "application/json" }
timeout = "3s"
statuses = { 409 = "pass" }
origins = ["https://files.example"]

[databases.orders]
url = "postgresql://web:{!db}@db.example/orders"
pool = 2

[callers.staff]
jwt = { issuer = "https://login.example", audience = "https://api.example" }

[cors]
origins = ["https://app.example.com"]

[jobs]
callbacks = ["https://hooks.example.com"]
callback_secret = "{!webhook}"

[sources.ids]
upstream = "hub"
url = "/ids?tag={tag?}"
pages = { next = "links.next", max = 3 }
pick = "items[].{id: id, maker: maker, author: author}"

[sources.posts]
upstream = "hub"
for_each = "ids"
limit = "{n}"
concurrency = 5
url = "/posts/{each.id}"
join_as = "post"

[sources.makers]
upstream = "hub"
for_each = "ids"
url = "/makers?id={each.maker}"
batch = { size = 20, by = { each = "maker", row = "id" } }

[sources.search]
upstream = "hub"
method = "POST"
writes = false
url = "/search"
body = { text = "{tag?}", limit = "{n}" }
cache = { fresh = "1m" }

[sources.stars]
upstream = "hub"
url = "/graphql"
graphql = { query = "query ($id: ID!) { repo(id: $id) { stars } }", variables = { id = "{n}" } }

[sources.rows]
database = "orders"
sql = "select id, total from orders where tag = {tag?} limit 5"
timeout = "1s"

[sources.note]
value = { text = "x" }

[sources.sum]
compute = "{total: sum(rows[].total), n: length(ids)}"

[sources.best]
first_of = ["search", "note"]

[sources.reserve]
upstream = "hub"
method = "POST"
url = "/reservations"
body = { sku = "{input.sku}", who = "{caller.sub}" }
idempotency_key = true
retry = { attempts = 2 }
invalidates = ["user"]

[sources.user]
upstream = "hub"
url = "/users/{caller.sub}"
cache = { fresh = "1m" }

[sources.charge]
url = "https://bank.example/charges"
method = "POST"
form = { amount = "{input.amount}", source = "{reserve.id}" }
after = ["user"]
timeout = "2s"
status_from = "error.code"
statuses = { declined = "rejected", "*" = "unavailable" }
problem = "error.{code: code}"

[sources.release]
when = "errors.charge"
upstream = "hub"
method = "DELETE"
url = "/reservations/{reserve.id}"

[sources.pdf]
upstream = "hub"
url = "/pdf/{id}"
format = "bytes"
max_bytes = "4MB"

[endpoints.list]
path = "/list"
sources = ["posts", "makers", "search", "stars", "rows", "sum", "best"]
selectable = true
client_limit = { calls = 10, per = "1m", by = "address" }
headers = { X-Tag = "{tag?}" }

[endpoints.list.parameters.tag]
optional = true
in = "header"
sent_as = "X-Tag"

[endpoints.list.parameters.n]
type = "integer"
default = 5
minimum = 1
maximum = 50

[endpoints.order]
method = "POST"
path = "/orders"
status = 201
caller = "staff"
allow = "contains(caller.scopes, 'orders')"
sources = ["charge", "release"]
required = ["charge"]
input = { required = ["sku", "amount"], properties = { sku = { type = "string" }, amount = { type = "integer" } } }

[endpoints.pdf]
path = "/pdf/{id}"
sources = ["pdf"]
passthrough = { source = "pdf", headers = ["Content-Disposition"] }

[endpoints.short]
path = "/short"
pick = "{ids: ids[].id, failed: errors.ids.title}"
[endpoints.short.parameters.tag]
optional = true
"""


EACH = 'for_each = "ids"\nlimit'
LIMIT = 'limit = "{n}"\nconc'
NEXT = 'next = "links.next"'
FIVE = "concurrency = 5"
AFTER = 'after = ["user"]'
WHEN = 'when = "errors.charge"'
COMPUTE = 'compute = "{total: sum(rows[].total), n: length(ids)}"'
SQL = "where tag = {tag?} limit 5"
ALLOW = "allow = \"contains(caller.scopes, 'orders')\""
FORM = 'form = { amount = "{input.amount}", source = "{reserve.id}" }'
TAGGED = "/ids?tag={tag?}"
HEADERS = 'headers = { Accept = "application/json" }'
CASES = {
    "a list for an expression": Case(
        EACH, 'for_each = ["a", "b"]\nlimit', "Write \"['a', 'b']\"", "for_each = \"['a', 'b']\"\nlimit"
    ),
    "texts with quotes for an expression": Case(
        EACH,
        "for_each = [\"a'b\", 'c\"']\nlimit",
        "Write '''['a\\'b', 'c\"']'''",
        "for_each = '''['a\\'b', 'c\"']'''\nlimit",
    ),
    "a table for an expression": Case(
        COMPUTE,
        'compute = { total = "sum(rows[].total)", n = 1 }',
        'Write "{total: sum(rows[].total), n: `1`}"',
        'compute = "{total: sum(rows[].total), n: `1`}"',
    ),
    "a boolean for an expression": Case(WHEN, "when = true", 'Write "`true`"', 'when = "`true`"'),
    "a limit without braces": Case(LIMIT, 'limit = "n"\nconc', 'Write limit = "{n}"'),
    "a limit as expressions have it": Case(LIMIT, 'limit = "parameters.n"\nconc', 'Write limit = "{n}"'),
    "a limit in quotes": Case(LIMIT, 'limit = "10"\nconc', "Write limit = 10", "limit = 10\nconc"),
    "an item by another name": Case("{each.id}", "{item.id}", "Write {each.id}"),
    "an item's field in brackets": Case("{each.id}", "{each[id]}", "Write {each.id}"),
    "an item's field in brackets and quotes": Case("{each.id}", "{each['id']}", "Write {each.id}"),
    "a field that items lack": Case("{each.id}", "{each.idd}", "Write 'id'"),
    "an item that is an object": Case("{each.id}", "{each}", "Write a field of it: {each.author}", "{each.author}"),
    "a field of by that items lack": Case('each = "maker", row', 'each = "makr", row', "Write 'maker'"),
    "a batch without by": Case(', by = { each = "maker", row = "id" }', "", 'Add by = "id"', ', by = "id"'),
    "a path to join as": Case('join_as = "post"', 'join_as = "a.post"', 'Write one name: "post"'),
    "an item in a condition": Case(WHEN, 'when = "each.paid"', "Filter the list in for_each"),
    "a member of the body for the next page": Case(
        NEXT, 'next = "next_page"', "Write body.next_page", 'next = "body.next_page"'
    ),
    "a cursor's name": Case("max = 3", 'cursor = "after"', 'Write query = "cursor"', 'query = "cursor"'),
    "a client's body by another name": Case("{input.sku}", "{body.sku}", "Write {input.sku}"),
    "a misspelt member of the body": Case("{input.sku}", "{input.skuu}", "Write 'sku'"),
    "a misspelt member in an expression": Case(WHEN, 'when = "input.skuu"', "Write 'sku'", 'when = "input.extras"'),
    "a member of the body by itself": Case(WHEN, 'when = "sku"', "Write input.sku", 'when = "input.sku"'),
    "errors without s": Case(WHEN, 'when = "error.charge"', "Write 'errors'"),
    "errors in braces": Case(WHEN, 'when = "{errors.charge}"', "Write errors.charge"),
    "doubled braces in an expression": Case('compute = "{total', 'compute = "{{total', "Write one brace"),
    "a function of another language": Case("n: length(ids)", "n: count(ids)", "Write length(list)"),
    "a claim by itself": Case(ALLOW, "allow = \"contains(scopes, 'orders')\"", "Write caller.scopes for a claim"),
    "a text in double quotes": Case(
        ALLOW, "allow = 'caller.sub == \"ada\"'", "Write 'ada'", "allow = \"caller.sub == 'ada'\""
    ),
    "a variable with an escape": Case(
        TAGGED, f"{TAGGED}&x='{{$shop:odata}}'", "Write {$shop}", f"{TAGGED}&x='{{$shop}}'"
    ),
    "an escape before its mark": Case(
        TAGGED, "/ids?tag='{tag:odata?}'", "Write {tag?:odata}", "/ids?tag='{tag?:odata}'"
    ),
    "a variable of a shell": Case(
        AFTER, 'headers = { X = "${KEY}" }', "Write {!key} for a secret", 'headers = { X = "{!key}" }'
    ),
    "the environment by name": Case(
        AFTER, 'headers = { X = "{env.KEY}" }', "Write {!key} for a secret", 'headers = { X = "{!key}" }'
    ),
    "a placeholder of another client": Case(SQL, "where tag = %s limit 5", "Write a reference"),
    "a named placeholder": Case(SQL, "where tag = :tag limit 5", "Write a reference"),
    "a table from a request": Case("from orders where", "from {tag?} where", "Write the name itself"),
    "an order from a request": Case(SQL, "order by {tag?}", "Write the name itself", "order by id"),
    "a list behind in": Case(SQL, "where tag in {tag?}", "Write = any({tag?}) for a list", "where tag = any({tag?})"),
    "a pattern in quotes": Case(
        SQL,
        "where tag like '%{tag?}%'",
        "for a pattern write '%' || {name} || '%'",
        "where tag like '%' || {tag?} || '%'",
    ),
    "a status in capitals": Case('409 = "pass"', '4XX = "pass"', "Write 4xx", '4xx = "pass"'),
    "a range of statuses": Case('409 = "pass"', '"400-499" = "pass"', "Write 4xx for all of them", '4xx = "pass"'),
    "names in one text": Case(
        'first_of = ["search", "note"]', 'first_of = "search, note"', 'Write first_of = ["search", "note"]'
    ),
    "headers as lines": Case(HEADERS, 'headers = ["Accept: application/json"]', f"Write {HEADERS}"),
    "a table in a list of names": Case('sources = ["pdf"]', 'sources = [{ name = "pdf" }]', 'Write a text: "…"'),
    "cors of an endpoint": Case(
        "selectable = true", 'cors = { origins = ["https://a.example"] }', "It is the file's: put it below [cors]"
    ),
    "a key for streams": Case("selectable = true", "stream = true", "Remove it: every endpoint that reads streams"),
    "the console in the file": Case("[jobs]", "[console]\nenabled = true\n\n[jobs]", "Set FANIN_CONSOLE"),
    "a body of an endpoint": Case("input = { required", "body = { required", "Write input"),
    "a parameter that is not required": Case("optional = true\nin", "required = false\nin", "Write optional = true"),
    "certificates that are not verified": Case(
        'origins = ["https://files.example"]', "tls = { verify = false }", "Remove it"
    ),
    "a source's key below its retry": Case(
        f'{AFTER}\ntimeout = "2s"',
        '[sources.charge.retry]\nattempts = 2\ntimeout = "2s"',
        "put it above [sources.charge.retry]",
    ),
    "a source's key below its form": Case(
        f'{FORM}\n{AFTER}\ntimeout = "2s"\nstatus_from = "error.code"\n'
        'statuses = { declined = "rejected", "*" = "unavailable" }\nproblem = "error.{code: code}"\n',
        "[sources.charge.form]\namount = '{input.amount}'\ntimeout = '2s'\n",
        "Put it above [sources.charge.form]",
    ),
    "a source's key below its body": Case(
        'body = { text = "{tag?}", limit = "{n}" }\ncache = { fresh = "1m" }',
        "[sources.search.body]\ntext = '{tag?}'\nlimit = '{n}'\ncache = { fresh = '1m' }",
        "Put it above [sources.search.body]",
    ),
    "a pattern between slashes": Case(
        'in = "header"', "in = 'header'\npattern = '/[a-z]+/'", "Write '[a-z]+'", "in = 'header'\npattern = '[a-z]+'"
    ),
    "a reference in a fallback": Case(FIVE, 'fallback = { value = "{tag}" }', "Write what clients shall see"),
}


def findings_of(text: str) -> list[Finding]:
    """Read a file, and give what was found, mistakes or else warnings."""
    try:
        return warnings(parse(text, {}), text)
    except ConfigError as error:
        return list(error.findings)


def test_there_is_nothing_to_mend_in_the_file() -> None:
    assert findings_of(FILE) == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mistake_has_a_finding_whose_fix_repairs_the_file(case: Case) -> None:
    assert case.sound in FILE
    broken, repaired = (FILE.replace(case.sound, text, 1) for text in (case.broken, case.repaired or case.sound))
    found = findings_of(broken)
    assert any(case.fix in finding.fix for finding in found), found
    assert all(finding.line for finding in found)
    assert {finding.rule for finding in findings_of(repaired)} <= {"unused", "fixed-condition"}


def test_a_key_that_is_written_for_its_table_is_none_of_the_sources() -> None:
    """Inline, or as a dotted key, it can stand nowhere else."""
    for form in ("form = { timeout = '2s' }", "form.amount = 1\nform.timeout = '2s'"):
        assert "key-below" not in {finding.rule for finding in findings_of(FILE.replace(FORM, form))}


@pytest.mark.parametrize(
    "statement",
    [
        "select extract(year from {tag}), a[1:2], b::text, trim(both from {tag}) from orders",
        "select id from orders where tag is distinct from {tag} and n % 5 = 1 and x in ({tag})",
        "select ':tag %s' from orders where a -> 'b' = {tag} -- in order by {{",
    ],
)
def test_what_only_looks_like_a_placeholder_is_none(statement: str) -> None:
    sql = f'sql = "{statement.replace("{tag}", "{tag?}")}"'
    assert findings_of(FILE.replace(f'sql = "select id, total from orders {SQL}"', sql)) == []


def test_lists_of_lists_are_followed_for_some_steps_only() -> None:
    """However many there are: a check ends, and says what it does not know."""
    lists = "".join(
        f'[sources.s{number}]\nfor_each = "s{number - 1}"\nurl = "https://a.example/{{each.id}}"\njoin_as = "j"\n'
        for number in range(1, 3_000)
    )
    first = '[sources.s0]\nurl = "https://a.example"\npick = "[].{ids: id}"\n'
    found = findings_of(f'fanin = 1\n{first}{lists}[endpoints.e]\npath = "/e"\nsources = ["s5"]\n')
    unknown = [finding.key[1] for finding in found if finding.rule == "unknown-field"]
    assert unknown == [f"s{number}" for number in range(1, 11)]
