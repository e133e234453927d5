"""Mistakes of those who know other tools: each is found at its line, and what the finding says repairs the file."""

import pytest

from tests.unit.test_repairs import Case
from tests.unit.test_repairs_of_every_table import findings_of

FILE = """fanin = 1

[variables]
shop = "https://shop.example"

[upstreams.hub]
url = "{$shop}/v3"
headers = { Accept = "application/json" }
timeout = "3s"

[databases.orders]
url = "postgresql://web:{!db}@db.example/orders"
pool = 5

[callers.staff]
jwt = { issuer = "https://login.example", audience = "https://api.example" }

[sources.user]
url = "{$shop}/users/{id}"
timeout = "1s"
pick = "{id: id, name: name, city: address.city}"
cache = { fresh = "1m", stale = "1h" }
max_bytes = "500kB"
retry = { attempts = 3, base = "100ms" }
circuit_breaker = { failure_rate = 0.5, open = "30s" }
rate_limit = { calls = 10, per = "1s" }
hedge = { after = "200ms" }
fallback = { value = [] }
auth = { bearer = "{!user_token}" }
headers = { Content-Type = "text/plain", X-Lang = "{lang}" }

[sources.posts]
upstream = "hub"
url = "/posts?user={user.id}&lang={lang}"
pick = "items[].{id: id, title: title, first: tags[0].name}"

[sources.comments]
upstream = "hub"
for_each = "posts"
url = "/comments/{each.id}"
join_as = "comments"

[sources.rows]
database = "orders"
sql = "select id, total from orders where customer = {id}"
timeout = "1s"

[sources.total]
compute = "{sum: sum(rows[].total), name: upper(user.name), id: parameters.id}"
after = ["posts"]
when = "user.name != `null`"

[sources.order]
upstream = "hub"
method = "POST"
url = "/orders"
body = { sku = "{input.sku}", amount = "{input.amount}" }

[endpoints.page]
path = "/page/{id}"
sources = ["user", "posts", "comments", "total"]
required = ["user"]
caller = "staff"
timeout = "9s"

[endpoints.page.parameters.id]
type = "integer"
minimum = 1
example = 7

[endpoints.page.parameters.lang]
in = "query"
default = "en"
enum = ["en", "de"]

[endpoints.order]
method = "POST"
path = "/orders"
caller = "anyone"
sources = ["order"]
client_limit = { calls = 60, per = "1m" }

[endpoints.order.input]
type = "object"
required = ["sku", "amount"]
properties = { sku = { type = "string" }, amount = { type = "integer", minimum = 1 } }
"""
TIMEOUT = 'timeout = "1s"\npick'
URL = 'url = "{$shop}/users/{id}"'
CACHE = 'cache = { fresh = "1m", stale = "1h" }'
PATH = 'path = "/page/{id}"'
RETRY = 'retry = { attempts = 3, base = "100ms" }'
RATE = 'rate_limit = { calls = 10, per = "1s" }'
BODY = 'body = { sku = "{input.sku}", amount = "{input.amount}" }'
FORM = "segments of letters"
CASES = {
    # Units.
    "minutes in full": Case('fresh = "1m"', 'fresh = "1 minute"', 'Write "1m"'),
    "seconds in full": Case('timeout = "1s"', 'timeout = "1sec"', 'Write "1s"'),
    "a time of ISO 8601": Case('timeout = "1s"', 'timeout = "PT1S"', 'Write "1s"'),
    "a time of two units": Case('stale = "1h"', 'stale = "1h30m"', 'Write "5400s"', 'stale = "5400s"'),
    "a time in capitals": Case('timeout = "1s"', 'timeout = "1S"', 'Write "1s"'),
    "a time without a unit": Case('stale = "1h"', "stale = 60", 'Write its unit: "60s"', 'stale = "60s"'),
    "a time without a unit in quotes": Case('stale = "1h"', 'stale = "90"', 'unit: "90s", or "90ms"', 'stale = "90s"'),
    "a word for a period": Case('per = "1m"', 'per = "minute"', 'Write "1m"'),
    "a size in capitals": Case('max_bytes = "500kB"', 'max_bytes = "500KB"', 'Write "500kB"'),
    "a size with a space": Case('max_bytes = "500kB"', 'max_bytes = "2 MB"', 'Write "2MB"', 'max_bytes = "2MB"'),
    "a size of another base": Case('max_bytes = "500kB"', 'max_bytes = "2MiB"', 'Write "2MB"', 'max_bytes = "2MB"'),
    "a size that is not whole": Case(
        'max_bytes = "500kB"', 'max_bytes = "1.5MB"', 'Write "1500kB"', 'max_bytes = "1500kB"'
    ),
    "a share in percent": Case("failure_rate = 0.5", "failure_rate = 50", "Write 0.5"),
    "a share with its sign": Case("failure_rate = 0.5", 'failure_rate = "50%"', "Write failure_rate = 0.5"),
    "a rate in one text": Case(RATE, 'rate_limit = "10/s"', "Write rate_limit = { calls = 10"),
    # Keys of other tools.
    "retries": Case(RETRY, "retries = 3", "Write 'retry'", "retry = { attempts = 3 }"),
    "a backoff": Case('base = "100ms"', 'backoff = "100ms"', "Write 'base'"),
    "a threshold": Case("failure_rate = 0.5", "threshold = 0.5", "Write 'failure_rate'"),
    "requests for calls": Case("calls = 10", "requests = 10", "Write 'calls'"),
    "requests of a client": Case("calls = 60", "requests = 60", "Write 'calls'"),
    "a delay for a hedge": Case('after = "200ms"', 'delay = "200ms"', "Write 'after'"),
    "which statuses are tried again": Case(RETRY, "retry = { on = [500] }", "Remove it", "retry = {}"),
    "a time to live": Case(CACHE, 'cache = { ttl = "1m" }', "Write 'fresh'", 'cache = { fresh = "1m" }'),
    "stale while it is revalidated": Case('stale = "1h"', 'stale_while_revalidate = "1h"', "Write 'stale'"),
    "a list for a fallback": Case("fallback = { value = [] }", "fallback = []", "Write fallback = { value = [] }"),
    "members of a fallback": Case(
        "fallback = { value = [] }",
        'fallback = { name = "x" }',
        "Put it below its value: fallback = { value = { name = … } }",
        'fallback = { value = { name = "x" } }',
    ),
    "a type of credentials": Case("auth = { bearer", 'auth = { type = "bearer", bearer', "Remove it"),
    "a token": Case("auth = { bearer", "auth = { token", "Write 'bearer'"),
    "an API key": Case(
        'auth = { bearer = "{!user_token}" }',
        'auth = { api_key = "{!user_token}" }',
        'Write header = { name = "X-Api-Key"',
        'auth = { header = { name = "X-Api-Key", value = "{!user_token}" } }',
    ),
    "a variable for a secret": Case("{!user_token}", "{$user_token}", "Write {!user_token}", marked="{$user_token}"),
    "a secret with a hyphen": Case("{!user_token}", "{!user-token}", "Write {!user_token}", marked="{!user-token}"),
    "a base URL": Case('url = "{$shop}/v3"', 'base_url = "{$shop}/v3"', "Write 'url'"),
    "a connection string": Case('url = "postgresql:', 'dsn = "postgresql:', "Write 'url'"),
    "a size of a pool": Case("pool = 5", "pool_size = 5", "Write 'pool'"),
    "a query of a database": Case('sql = "select', 'query = "select', "Write 'sql'"),
    "JSON for a body": Case("body = {", "json = {", "Write 'body'"),
    "a formula": Case("compute =", "formula =", "Write 'compute'"),
    "what it depends on": Case('after = ["posts"]', 'depends_on = ["posts"]', "Write 'after'"),
    "a source that may fail": Case(TIMEOUT, f"optional = true\n{TIMEOUT}", "An endpoint says it", TIMEOUT),
    "a kind of a source": Case(TIMEOUT, f'type = "http"\n{TIMEOUT}', "Remove it", TIMEOUT),
    "certificates that are not verified": Case(TIMEOUT, f"verify = false\n{TIMEOUT}", "Remove it", TIMEOUT),
    "a version": Case("fanin = 1", "version = 1", "Write 'fanin'"),
    "a list of callers": Case('caller = "staff"', 'callers = ["staff"]', 'Write caller = "name"'),
    "a caller in a list": Case('caller = "staff"', 'caller = ["staff"]', 'Write caller = "staff"'),
    "a rate of an endpoint": Case("client_limit = {", "rate_limit = {", "Write client_limit"),
    "the audience of a token": Case("audience =", "aud =", "Write 'audience'"),
    "a table in double brackets": Case("[sources.user]", "[[sources.user]]", "Write [sources.user], in single"),
    # Parameters and schemas.
    "a least value": Case("minimum = 1\nexample", "min = 1\nexample", "Write 'minimum'"),
    "a bound in quotes": Case("minimum = 1\nexample", 'minimum = "1"\nexample', "Write minimum = 1"),
    "an example in quotes": Case("example = 7", 'example = "7"', "Write example = 7, without quotes"),
    "a float": Case('type = "integer"', 'type = "float"', 'Write "number"', 'type = "number"'),
    "headers for a header": Case(
        'in = "query"', 'in = "headers"\nsent_as = "X-Lang"', 'Write "header"', 'in = "header"\nsent_as = "X-Lang"'
    ),
    "a parameter of the body": Case('in = "query"', 'in = "body"', "[endpoints.NAME.input] is the JSON Schema"),
    "choices": Case('enum = ["en", "de"]', 'choices = ["en", "de"]', "Write 'enum'"),
    "a regular expression": Case('enum = ["en", "de"]', 'regex = "en|de"', "Write 'pattern'", 'pattern = "en|de"'),
    "an alias": Case('enum = ["en", "de"]', 'alias = "l"', "Write 'sent_as'", 'sent_as = "l"'),
    "a key of the endpoint below its parameter": Case(
        'enum = ["en", "de"]',
        'enum = ["en", "de"]\ntimeout = "9s"',
        "above [endpoints.page.parameters.lang]",
    ),
    "an int in a schema": Case('amount = { type = "integer"', 'amount = { type = "int"', 'Write type = "integer"'),
    "a required member": Case(
        'sku = { type = "string" }', 'sku = { type = "string", required = true }', 'required = ["sku"]'
    ),
    "a least value in a schema": Case("minimum = 1 }", "min = 1 }", "Write 'minimum'", marked="min = 1 }"),
    "fields of a schema": Case("properties = {", "fields = {", "Write 'properties'", marked="fields"),
    # Paths and URLs.
    "a query in a path": Case(PATH, 'path = "/page/{id}?lang={lang}"', "Write /page/{id}, and declare"),
    "a method in a path": Case(PATH, 'path = "GET /page/{id}"', 'Write path = "/page/{id}", and method = "GET"'),
    "an address in a path": Case(PATH, 'path = "https://api.example/page/{id}"', f"Write /page/{{id}}: {FORM}"),
    "a type in a path": Case(PATH, 'path = "/page/{id:int}"', f"Write /page/{{id}}: {FORM}"),
    "a method in a URL": Case(URL, 'url = "GET {$shop}/users/{id}"', 'Write method = "GET", and the URL by itself'),
    "a variable without braces": Case(URL, 'url = "$shop/users/{id}"', "Write {$shop}/users/{id}"),
    "a variable without its sign": Case(URL, 'url = "{shop}/users/{id}"', "Write {$shop}", marked="{shop}"),
    "a host without a scheme": Case(
        URL, 'url = "localhost:8000/users/{id}"', 'Write "http://localhost:8000/users/{id}"'
    ),
    "an upstream in braces": Case(
        'upstream = "hub"\nurl = "/posts', 'url = "{$hub}/posts', 'Write upstream = "hub"', marked="{$hub}"
    ),
    "a path without its upstream": Case('upstream = "hub"\nurl = "/posts', 'url = "/posts', "or add upstream ="),
    "a parameter with a colon": Case("users/{id}", "users/:id", "Write {id}", marked=":id"),
    "a parameter in angle brackets": Case("users/{id}", "users/<id>", "a reference is written {name}", marked="<id>"),
    "a placeholder of a format": Case("users/{id}", "users/%s", "a reference is written {name}", marked="%s"),
    "a reference with a dollar": Case("{user.id}", "${user.id}", "Write {user.id}", marked="${user.id}"),
    "a reference of JSONPath": Case("{user.id}", "{$.user.id}", "Write {user.id}", marked="{$.user.id}"),
    "a reference with its table": Case("{user.id}", "{sources.user.id}", "Write {user.id}", marked="{sources.user.id}"),
    "a parameter of the query": Case("&lang={lang}", "&lang={query.lang}", "Write {lang}", marked="{query.lang}"),
    "all items of a list": Case("{each.id}", "{posts[].id}", "Write {each.id}", marked="{posts[].id}"),
    "a variable in a variable": Case(
        'shop = "https://shop.example"', 'host = "a"\nshop = "https://{$host}"', "Write the text itself"
    ),
    "a header with an underscore": Case("Content-Type =", "content_type =", "Write content-type", marked="content"),
    "a header of an upstream with an underscore": Case(
        "{ Accept =", '{ user_agent = "shop", Accept =', "Write user-agent", '{ User-Agent = "shop", Accept ='
    ),
    "a key below the headers of an upstream": Case(
        'headers = { Accept = "application/json" }\ntimeout = "3s"',
        '[upstreams.hub.headers]\nAccept = "application/json"\ntimeout = "3s"',
        "Put it above [upstreams.hub.headers]",
    ),
    # Values and expressions.
    "a body in JSON": Case(BODY, """body = '{"sku": "{input.sku}"}'""", "Write it as a table or a list of TOML"),
    "a list in JSON": Case(BODY, """body = '["{input.sku}"]'""", "Write it as a table or a list of TOML"),
    "an item by a dot": Case("tags[0].name", "tags.0.name", "in brackets: tags[0]"),
    "a path of jq": Case('pick = "items[]', 'pick = ".items[]', "Leave the dot at its beginning out: items[]"),
    "a member in brackets": Case("id: parameters.id", "id: parameters['id']", "a member's name: parameters.id"),
    "None for null": Case("`null`", "None", "Write `null`", marked="None"),
    "a method of a value": Case("upper(user.name)", "user.name.upper()", "Write upper(value)"),
    "texts that are added": Case("upper(user.name)", "user.name + '!'", "of texts join('', [a, b])"),
    "references in a static value": Case(
        'compute = "{sum: sum(rows[].total), name: upper(user.name), id: parameters.id}"',
        'value = { name = "{user.name}" }',
        "Write compute",
        marked="{user.name}",
    ),
}


def test_the_file_by_itself_has_nothing_to_mend() -> None:
    assert findings_of(FILE) == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mistake_has_a_finding_at_its_line_whose_fix_repairs_the_file(case: Case) -> None:
    assert case.sound in FILE
    broken, repaired = (FILE.replace(case.sound, text, 1) for text in (case.broken, case.repaired or case.sound))
    found = [finding for finding in findings_of(broken) if case.fix in finding.fix]
    assert found, findings_of(broken)
    begin = FILE.index(case.sound)
    first, last = (broken.count("\n", 0, at) + 1 for at in (begin, begin + len(case.broken)))
    header = broken.rindex("\n[", 0, begin) + 1 if "\n[" in broken[:begin] else 0
    lines = {broken.count("\n", 0, header) + 1, *range(first, last + 1)}  # a table's own mistakes stand at its header
    assert found[0].line in lines, found[0]
    if case.marked:
        line = broken.splitlines()[found[0].line - 1]
        assert line[found[0].column - 1 :].startswith(case.marked), line[found[0].column - 1 :]
    assert {finding.rule for finding in findings_of(repaired)} <= {"unused"}


@pytest.mark.parametrize(
    ("sound", "unusual"),
    [
        (BODY, """body = '{caller."https://a.example/b"}'"""),
        (BODY, 'body = "{input}"'),
        (BODY, 'body = ""'),
        (BODY, 'body = "[draft] {input.sku}"'),
        ("/v3", "/v3/items:batch"),
        (URL, 'url = "{$shop}/users/{id}?filter=$top"'),
        (URL, 'url = "{$shop}/users/{id}?$select={lang}"'),
        ("X-Lang", "x_lang"),
        ('stale = "1h"', 'stale = "1.5h"'),
    ],
)
def test_what_is_only_like_a_mistake_is_none(sound: str, unusual: str) -> None:
    assert sound in FILE
    found = {finding.rule for finding in findings_of(FILE.replace(sound, unusual, 1))}
    assert found <= {"unused", "no-caller"}
