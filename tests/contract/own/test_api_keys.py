"""Who may ask, by API keys: what every execution model answers to good keys, bad ones, and none."""

from collections.abc import Callable, Sequence

import pytest

from fanin.callers.keys.form import ApiKey, read_key
from tests.contract.ask import Question, Reply
from tests.contract.models import MODELS
from tests.contract.own.case import Case
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Gives

PROBLEMS = "https://fanin.example/problems/"
GOOD = "fanin_fghqpyhdqzwg_MfTgHxFguJgB4xnR2uoJrLefsp3s4YWH"
BARE = "fanin_3to22ba2b53q_UkpEhJvs41cau1rkAFKfSnF22b3zm88y"
REVOKED = "fanin_oewv2rsw3gff_rjWpBVcbK3ulxJ3EfhQboUqTko2Ppn55"
EXPIRED = "fanin_fuhpfvfbs2bm_3Bn1qj0fAq1dLPsKHtlpSIwLWq0zhGWn"
LIMITED = "fanin_dyea3ws7c5zl_pfpkQds6AUljhr433uBOK2DPjK2kbETN"
UNKNOWN = "fanin_s6zfwlbavkgc_RJqSBsTyD4U0d7QWmso6URfZ3037aN3Z"
"""What `cases/keys.json` has the hashes of, but for the last."""
CHALLENGE = 'ApiKey realm="partners", header="X-Api-Key"'


def _id(text: str) -> str:
    key = read_key(text)
    assert key
    return key.id


def _with_another_secret(text: str) -> str:
    return ApiKey(_id(text), "0" * 26).text


def ask(key: str, path: str = "/orders", header: str = "x-api-key") -> Question:
    return Question(path, "", headers={header: key})


def _refusal(  # noqa: PLR0913, PLR0917 - what a refusal says
    rule: str, question: Question | str, status: int, problem: str, detail: str, challenge: str
) -> Case:
    """Say that a request is refused before any source is called, and that the answer does not repeat the key."""

    def look(reply: Reply, asked: Sequence[Asked]) -> None:
        assert reply.body["type"] == PROBLEMS + problem
        assert detail in reply.body["detail"]
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers.get("www-authenticate") == (challenge or None)
        assert "fanin_" not in reply.content.decode()
        assert asked == []

    return Case(rule, question, status=status, complete=None, check=look)


def _401(rule: str, question: Question | str, detail: str) -> Case:
    return _refusal(rule, question, 401, "not-authenticated", detail, CHALLENGE)


CASES = [
    Case(
        "who has a good key may ask",
        ask(GOOD),
        {"orders": [1]},
        {"GET /orders/acme": Gives([1])},
    ),
    Case(
        "endpoints know the key's claims, in the header that the file names",
        ask(GOOD, "/who", "x-shop-key"),
        {
            "who": {
                "sub": "acme",
                "key": _id(GOOD),
                "name": "good",
                "scopes": ["orders:read", "x"],
                "limit": {"calls": 100, "per": 60},
            }
        },
    ),
    Case(
        "a key may have neither scopes nor a limit",
        ask(BARE, "/who", "x-shop-key"),
        {"who": {"sub": "acme", "key": _id(BARE), "name": "bare", "scopes": [], "limit": None}},
    ),
    _401("without a key it is 401", "/orders", "in the header X-Api-Key"),
    _401("a key in another header is none", ask(GOOD, header="x-shop-key"), "in the header X-Api-Key"),
    _401("a key as a token is none", ask(f"Bearer {GOOD}", header="authorization"), "in the header X-Api-Key"),
    _401("a key with a typo is no whole key", ask(GOOD[:-1]), "no whole API key"),
    _401("an unknown key is not valid", ask(UNKNOWN), "not valid"),
    _401("a known id with another secret is not valid", ask(_with_another_secret(GOOD)), "not valid"),
    _401("a revoked key is told so", ask(REVOKED), "revoked"),
    _401("an expired key is told so", ask(EXPIRED), "expired"),
    _refusal(
        "a key without the scope is 403",
        ask(BARE),
        403,
        "not-allowed",
        "orders:read",
        f'{CHALLENGE}, error="insufficient_scope", scope="orders:read"',
    ),
    _refusal(
        "keys that cannot be read are 503", ask(GOOD, "/nowhere"), 503, "callers-unavailable", "cannot be checked", ""
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("api_keys", case)


ONE_FILE = """fanin = 1
caller = "partners"

[callers.partners]
keys = {}

[sources.thing]
value = 7

[endpoints.one]
path = "/one"
sources = ["thing"]

[endpoints.two]
path = "/two"
sources = ["thing"]
client_limit = { calls = 100, per = "1m", by = "address" }
"""


@pytest.mark.parametrize("first", ["gateway", "sync", "django"])
def test_a_key_may_not_be_used_more_often_than_it_was_made_for(served: Served, first: str) -> None:
    """In all endpoints together, in whatever model of a function; other keys of its owner are not held to that."""
    asks = served(ONE_FILE)
    models = [name for name, model in MODELS.items() if model.function == MODELS[first].function]
    again, other = asks[models[0]], asks[models[1]]
    told = again(ask(LIMITED, "/one")).headers
    assert told["ratelimit-policy"] == '"key";q=2;w=3600'
    assert told["ratelimit"].startswith('"key";r=1;t=')
    both = other(ask(LIMITED, "/two")).headers
    assert both["ratelimit-policy"] == '"default";q=100;w=60, "key";q=2;w=3600'
    for asked in (again, other):
        for path in ("/one", "/two"):
            refused = asked(ask(LIMITED, path))
            assert (refused.status, refused.body["type"]) == (429, PROBLEMS + "too-many-requests")
            assert "API key dyea3ws7c5zl takes 2 requests in 1 h" in refused.body["detail"]
            assert int(refused.headers["retry-after"]) > 3000
    assert again(ask(BARE, "/one")).status == other(ask(GOOD, "/two")).status == 200
    assert "ratelimit" not in again(ask(BARE, "/one")).headers
