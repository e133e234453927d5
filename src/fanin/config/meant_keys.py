"""Keys that other tools have: which one of fanin.toml is meant, or what to do in its place."""

from collections.abc import Collection, Mapping

from fanin.config.finding import Key
from fanin.config.mistake import by_word

type Words = Mapping[str, str]


_CALLS = by_word(calls="count limit max requests rps tokens", per="every interval period seconds window")
_MEANT: Mapping[str, Words] = {
    "": by_word(
        fanin="fanin_version schema_version version",
        sources="apis backends services",
        endpoints="handlers paths routes",
        variables="env environment settings vars",
        upstreams="hosts servers",
        callers="auth authentication users",
        cors="cross_origin",
    ),
    "sources": by_word(
        url="address base_url endpoint host href link path target uri",
        value="constant data_value default_value static",
        compute="eval expr expression formula",
        pick="extract filter jmespath jq jsonpath map output response select transform",
        drop="exclude omit remove",
        when="condition enabled if only_if",
        after="depends depends_on needs requires wait wait_for waits_for",
        for_each="each foreach loop over",
        body="data json payload request_body",
        form="form_data formdata",
        sql="statement",
        method="http_method verb",
        forward="forward_header forward_headers pass_headers proxy_headers",
        tls="ca cert certificate ssl",
        retry="attempts max_retries retries retry_count",
        circuit_breaker="breaker",
        rate_limit="quota rate ratelimit throttle",
        max_bytes="max_size size_limit",
        expect="response_schema schema validate",
        database="db",
        max_items="max_length",
        cache="cache_for cache_ttl ttl",
        fallback="default on_error",
        redirects="allow_redirects follow_redirects max_redirects",
    ),
    "endpoints": by_word(
        path="route uri url",
        method="http_method methods verb verbs",
        input="request_body schema",
        pick="output response select template transform",
        sources="apis backends calls fetch",
        required="mandatory must requires",
        parameters="args arguments params query",
        client_limit="quota ratelimit throttle",
        summary="doc name title",
        caller="authentication authorizer callers",
    ),
    "parameters": by_word(
        minimum="ge least min min_value",
        maximum="le max max_value most",
        min_length="minlen",
        max_length="length maxlen",
        enum="allowed choices one_of oneof options values",
        pattern="match regex regexp",
        sent_as="alias as name wire_name",
        **{"in": "from location place where"},
        optional="nullable",
        description="desc doc help summary title",
        example="examples sample",
        type="kind",
    ),
    "cache": by_word(
        fresh="age duration expire expires expiry for lifetime max_age seconds time ttl",
        stale="grace max_stale stale_for stale_if_error stale_while_revalidate swr",
        negative="errors missing not_found",
    ),
    "retry": by_word(
        attempts="count max max_retries number retries times tries",
        base="backoff delay initial interval pause wait",
        cap="max_backoff max_delay max_interval max_wait",
    ),
    "circuit_breaker": by_word(
        failure_rate="error_rate failure_threshold rate threshold",
        minimum_calls="failures min_calls min_requests minimum requests volume",
        open="cooldown duration open_for recovery reset reset_timeout sleep timeout wait",
        probes="half_open trials",
        window="interval period",
    ),
    "rate_limit": _CALLS,
    "client_limit": {**_CALLS, **by_word(by="key per_client")},
    "hedge": by_word(after="at delay timeout wait"),
    "fallback": by_word(value="answer body data default json static values"),
    "auth": by_word(bearer="access_token bearer_token jwt token", basic="login", oauth2="client_credentials oauth"),
    "basic": {**by_word(user="login name username"), **dict.fromkeys(("pass", "pwd", "secret"), "password")},
    "databases": by_word(
        url="address connection connection_string conn dsn uri",
        pool="connections max_connections pool_size size",
        tls="ssl sslmode",
    ),
    "jwt": by_word(audience="aud client_id", issuer="iss", keys="jwks jwks_uri jwks_url", skew="clock_skew leeway"),
    "cors": by_word(origins="allow_origin allow_origins allowed_origins origin"),
    "batch": by_word(size="limit max most", by="key match on"),
}
"""The keys that are meant, by the table and the word."""

_OF_ENDPOINT = (
    'An endpoint says it: required = ["…"] has those without which there is no answer; without the others there is one'
)
_STREAMS = "Remove it: every endpoint that reads streams, if a client asks for it by Accept"
_LIVE = "Remove it: every endpoint is served at /live"
_KIND = "Remove it: the key says it, one of url, value, compute, first_of and sql"
_AUTH_KIND = 'Remove it: the key says it: bearer = "{!token}", or header, query, basic, oauth2, sigv4'
_API_KEY = 'Write header = { name = "X-Api-Key", value = "{!key}" }, or query with the same keys'
_OF_URL = 'Write it into the url: "postgresql://user:{!secret}@host:5432/name"'
_WHICH = "Remove it: what statuses calls unavailable is tried again, such as 429 and 5xx by default"
_INSTEAD: Mapping[str, Words] = {
    "": {"console": "Set FANIN_CONSOLE, or the parameter Console of the template"}
    | {"streaming": _STREAMS, "websocket": _LIVE},
    "endpoints": {"stream": _STREAMS, "streaming": _STREAMS, "websocket": _LIVE}
    | {"body": "Write input, with the JSON Schema of the client's body"}
    | {"rate_limit": "Write client_limit for how often one client may ask; a rate_limit is a source's"}
    | dict.fromkeys(("callers", "roles"), 'Write caller = "name", one of [callers]')
    | dict.fromkeys(("anonymous", "public"), 'Write caller = "anyone"'),
    "parameters": {"required": "Write optional = true for a parameter that clients may leave out"}
    | {"format": "Write pattern, a regular expression that the whole text has to match"},
    "sources": dict.fromkeys(
        ("params", "query", "query_params"), 'Write it into the URL: url = "https://host/path?name={name}"'
    )
    | dict.fromkeys(("critical", "ignore_errors", "mandatory", "optional", "required"), _OF_ENDPOINT)
    | dict.fromkeys(("kind", "type"), _KIND)
    | dict.fromkeys(
        ("insecure", "verify", "verify_ssl"), "Remove it: certificates are always verified; tls = { ca } names another"
    )
    | dict.fromkeys(("authorization", "token"), 'Write auth = { bearer = "{!token}" }')
    | {"content_type": 'Write headers = { Content-Type = "…" }'}
    | {"accept": 'Write headers = { Accept = "…" }'},
    "retry": dict.fromkeys(("codes", "on", "retry_on", "status_codes", "statuses"), _WHICH),
    "auth": dict.fromkeys(("kind", "scheme", "type"), _AUTH_KIND)
    | dict.fromkeys(("api_key", "apikey", "key"), _API_KEY)
    | dict.fromkeys(("user", "username", "password"), 'Write basic = { user = "…", password = "{!password}" }'),
    "databases": dict.fromkeys(("database", "dbname", "host", "name", "password", "port", "user", "username"), _OF_URL),
    "cors": dict.fromkeys(
        ("allow_headers", "allow_methods", "headers", "methods"), "Remove it: fanin knows it by the endpoints"
    ),
    "pages": {"cursor": 'Write query = "cursor" for a parameter of the query, or body = "cursor" for one of the body'}
    | {"param": 'Write query = "page" for a parameter of the query, or body = "page" for one of the body'},
    "tls": {"verify": "Remove it: certificates are always verified; ca names an authority of your own"},
}
"""What to do about keys without a counterpart, by the table and the word."""
_ALSO = {"upstreams": "sources"}
"""Tables that have the keys of others."""


def instead_of(key: Key, own: Collection[str]) -> str:
    """Say what to write in place of a key that other tools have; empty for any other.

    Args:
        key: the key, with the tables around it.
        own: the keys that its table has.
    """
    table, name = _table_of(*map(str, key[:-1])), str(key[-1])
    meant = _MEANT.get(_ALSO.get(table, table), {}).get(name)
    if told := _INSTEAD.get(table, {}).get(name):
        return told
    if meant in own:
        return f"Write {meant!r}"
    return ""


def _table_of(*around: str) -> str:
    """Name the table that a key stands in: by its kind, if it has a name of its own."""
    match around:
        case ():
            return ""
        case (kind, _) | ("endpoints", _, "parameters" as kind, _):
            return kind
    return around[-1]
