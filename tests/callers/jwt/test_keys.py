"""fanin.callers.jwt.keys: an issuer's keys are kept, asked for at a bounded rate, and from nowhere else."""

import json

import pytest
import trustme

from fanin.callers.jwt.key_set import MAX_BYTES, MAX_KEYS, BadKeySet, KeySet
from fanin.callers.jwt.keys import FRESH, PAUSE, UNKNOWN_EVERY, USABLE
from fanin.config.tls import Certificates, OwnAuthority
from fanin.errors import AddressRefused, RequestError, SourceTimeout, SourceUnavailable
from tests.callers.jwt.tokens import CLAIMS, ISSUER, TAKEN, good, header_of, jwks, key_for, settings, signed
from tests.callers.jwt.world import DISCOVERY, KEYS, World, bearers, document

DOWN = SourceUnavailable("the issuer", "the issuer cannot be reached")
TOKEN = good("ES256")


def refusal(world: World, token: str = TOKEN, **told: object) -> RequestError:
    with pytest.raises(RequestError) as refused:
        world.identified(world.caller(**told), token)
    return refused.value


def retry_after(refused: RequestError) -> int:
    assert (refused.status, refused.problem) == (503, "callers-unavailable")
    return int(dict(refused.headers)["Retry-After"])


def with_new_key() -> tuple[bytes, str]:
    """Give a key set with one more key, and a token that it signed."""
    new = key_for("ES256", "new")
    keys = json.loads(jwks())["keys"]
    token = signed(header_of("ES256", kid=new.kid), CLAIMS, new, "ES256")
    return json.dumps({"keys": [*keys, new.as_dict(private=False)]}).encode(), token


def test_the_issuer_is_asked_where_its_keys_are_once_for_many_tokens() -> None:
    world = World()
    caller = world.caller()
    for algorithm in TAKEN * 3:
        world.identified(caller, good(algorithm))
    assert world.asked == [DISCOVERY, KEYS]


def test_with_keys_only_they_are_asked_for() -> None:
    world = World({"https://elsewhere.example/jwks": document(jwks())})
    world.identified(world.caller(keys="https://elsewhere.example/jwks"), TOKEN)
    assert world.asked == ["https://elsewhere.example/jwks"]


@pytest.mark.parametrize(("url", "taken"), [("http://10.0.0.7/keys", False), ("http://127.0.0.1:8100/keys", True)])
def test_an_issuer_with_an_authority_of_its_own_names_no_keys_in_clear(url: str, *, taken: bool) -> None:
    """But on this machine, where fakes are."""
    world = World({DISCOVERY: document({"issuer": ISSUER, "jwks_uri": url}), url: document(jwks())})
    own = OwnAuthority.model_construct(ca=Certificates("ca.pem", trustme.CA().cert_pem.bytes().decode()))
    caller = bearers(settings(private=True).model_copy(update={"tls": own}), world.clock, world.now)
    if taken:
        world.identified(caller, TOKEN)
    else:
        with pytest.raises(RequestError):
            world.identified(caller, TOKEN)
    assert world.asked == [DISCOVERY, *([url] if taken else [])]


def test_a_slash_at_the_end_of_the_issuer_is_in_its_tokens_and_not_in_its_url() -> None:
    world = World()
    world.answers[DISCOVERY] = document({"issuer": f"{ISSUER}/", "jwks_uri": KEYS})
    world.identified(world.caller(issuer=f"{ISSUER}/"), good("ES256", {"iss": f"{ISSUER}/"}))
    assert world.asked == [DISCOVERY, KEYS]


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("", FRESH[1]),
        ("max-age=900", 900),
        ("public, max-age=5", FRESH[0]),
        ("max-age=86400", FRESH[1]),
        ("max-age=" + "9" * 5000, FRESH[1]),
        ("max-age=-1", FRESH[1]),
        ("no-store, max-age=900", FRESH[0]),
        ("no-cache", FRESH[0]),
    ],
)
def test_keys_are_fresh_for_as_long_as_the_issuer_says_within_bounds(control: str, seconds: float) -> None:
    world = World()
    world.answers[KEYS] = document(jwks(), headers={"cache-control": control} if control else {})
    caller = world.caller()
    world.identified(caller, TOKEN)
    world.seconds += seconds - 1
    world.identified(caller, TOKEN)
    assert world.asked.count(KEYS) == 1
    world.seconds += 1
    world.identified(caller, TOKEN)
    assert world.asked.count(KEYS) == 2


def test_the_age_of_an_answer_counts() -> None:
    world = World()
    world.answers[KEYS] = document(jwks(), headers={"cache-control": "max-age=1000", "age": "400"})
    caller = world.caller()
    world.identified(caller, TOKEN)
    world.seconds += 600
    world.identified(caller, TOKEN)
    assert world.asked.count(KEYS) == 2


def test_while_the_issuer_is_down_old_keys_are_used_for_a_day_and_it_is_asked_at_a_bounded_rate() -> None:
    world = World()
    caller = world.caller()
    world.identified(caller, TOKEN)
    world.answers[DISCOVERY] = DOWN
    world.asked.clear()
    world.seconds += FRESH[1]
    for _ in range(100):
        world.identified(caller, TOKEN)
        world.seconds += PAUSE / 10
    assert len(world.asked) == 10
    world.seconds = 1000 + USABLE - 1
    world.identified(caller, TOKEN)
    world.seconds += 1 + PAUSE
    with pytest.raises(RequestError) as refused:
        world.identified(caller, TOKEN)
    assert retry_after(refused.value) == PAUSE
    world.answers[DISCOVERY] = World().answers[DISCOVERY]
    world.seconds += PAUSE
    world.identified(caller, TOKEN)


def test_without_any_keys_requests_are_told_when_to_come_again_and_the_issuer_is_left_alone_until_then() -> None:
    world = World({DISCOVERY: DOWN})
    caller = world.caller()
    told = []
    for _ in range(3):
        with pytest.raises(RequestError) as refused:
            world.identified(caller, TOKEN)
        told.append(retry_after(refused.value))
        world.seconds += PAUSE / 4
    assert told == [10, 8, 5]
    assert world.asked == [DISCOVERY]


def test_an_unknown_key_has_keys_asked_for_at_once_and_the_token_passes() -> None:
    world = World()
    caller = world.caller()
    world.identified(caller, TOKEN)
    rotated, token = with_new_key()
    world.answers[KEYS] = document(rotated)
    assert world.identified(caller, token).claims["sub"] == "ada"
    assert world.asked.count(KEYS) == 2


def test_tokens_with_invented_keys_have_them_asked_for_once_a_minute() -> None:
    world = World()
    caller = world.caller()
    world.identified(caller, TOKEN)
    for number in range(600):
        with pytest.raises(RequestError, match="no such key"):
            world.identified(caller, good("ES256", kid=f"invented-{number}"))
        world.seconds += UNKNOWN_EVERY / 200
    assert world.asked.count(KEYS) == 1 + 3


def test_whether_a_key_is_unknown_cannot_be_said_while_the_issuer_is_down() -> None:
    world = World()
    caller = world.caller()
    world.identified(caller, TOKEN)
    world.answers[DISCOVERY] = DOWN
    rotated, token = with_new_key()
    for waited in (0, 10):
        world.seconds += waited
        with pytest.raises(RequestError) as refused:
            world.identified(caller, token)
        assert retry_after(refused.value) == UNKNOWN_EVERY - waited
    assert world.asked.count(DISCOVERY) == 2
    world.identified(caller, TOKEN)
    world.answers |= {DISCOVERY: World().answers[DISCOVERY], KEYS: document(rotated)}
    world.seconds += UNKNOWN_EVERY
    world.identified(caller, token)


def test_a_key_that_the_issuer_has_taken_back_checks_no_token_that_was_known() -> None:
    world = World()
    caller = world.caller()
    world.identified(caller, TOKEN)
    only = [key for key in json.loads(jwks())["keys"] if key["kid"] != key_for("ES256").kid]
    world.answers[KEYS] = document({"keys": only})
    world.identified(caller, TOKEN)
    world.seconds += FRESH[1]
    with pytest.raises(RequestError, match="no such key"):
        world.identified(caller, TOKEN)


@pytest.mark.parametrize(
    ("url", "answer", "says"),
    [
        (DISCOVERY, document({"issuer": "https://evil.example", "jwks_uri": KEYS}), "another issuer"),
        (DISCOVERY, document({"issuer": f"{ISSUER}/", "jwks_uri": KEYS}), f"another issuer, '{ISSUER}/'"),
        (DISCOVERY, document({"jwks_uri": KEYS}), "another issuer"),
        (DISCOVERY, document([]), "another issuer"),
        (DISCOVERY, document({"issuer": ISSUER}), "does not say where"),
        (DISCOVERY, document({"issuer": ISSUER, "jwks_uri": 7}), "does not say where"),
        (DISCOVERY, document({"issuer": ISSUER, "jwks_uri": "/keys"}), "does not say where"),
        (DISCOVERY, document({"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"}), "does not say where"),
        (DISCOVERY, document({"issuer": ISSUER, "jwks_uri": "https://user@evil.example/"}), "does not say where"),
        (DISCOVERY, document({"issuer": ISSUER, "jwks_uri": KEYS.replace("https", "http")}), "not behind https"),
        (DISCOVERY, document(b"<html>"), "not JSON"),
        (DISCOVERY, document(b'{"issuer": "a", "issuer": "b"}'), "not clear JSON"),
        (DISCOVERY, document(b"{}", 404), "status 404"),
        (DISCOVERY, document(b"", 302, {"location": "http://169.254.169.254/"}), "status 302"),
        (KEYS, document(jwks(), 301, {"location": "http://10.0.0.1/"}), "status 301"),
        (KEYS, document(jwks(), 500), "status 500"),
        (KEYS, document(jwks(), 203), "status 203"),
        (KEYS, document(b" " * (MAX_BYTES + 1)), "over 256000 bytes"),
        (KEYS, document(b"[" * 100_000), "not JSON"),
        (KEYS, document({"keys": [{}] * (MAX_KEYS + 1)}), "over 100 keys"),
        (KEYS, document({"keys": {}}), "no list of keys"),
        (KEYS, document({"keys": []}), "no key for"),
        (KEYS, SourceTimeout("the issuer", "the issuer did not answer within 3 s"), "did not answer within 3 s"),
        (KEYS, AddressRefused("the issuer", "the address of the issuer is not public"), "is not public"),
        (KEYS, TimeoutError(), "no answer in time"),
    ],
)
def test_what_is_no_answer_of_the_issuer_gives_no_keys_and_the_log_says_why(
    url: str, answer: object, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.answers[url] = answer  # type: ignore[assignment]
    refused = refusal(world)
    assert retry_after(refused) == PAUSE
    (line,) = caplog.messages
    assert says in line
    assert says not in refused.detail
    assert world.asked[-1] == url


EC = key_for("ES256").as_dict(private=False)
RSA = key_for("RS256").as_dict(private=False)
OKP = key_for("EdDSA").as_dict(private=False)


@pytest.mark.parametrize(
    "key",
    [
        {**EC, "use": "enc"},
        {**EC, "key_ops": ["encrypt"]},
        {**EC, "key_ops": "verify"},
        {**EC, "alg": "ES384"},
        {**EC, "alg": ["ES256"]},
        {**EC, "alg": "HS256"},
        {**EC, "crv": "P-384"},
        {**EC, "crv": "secp256k1"},
        {**EC, "x": EC["y"]},
        {**EC, "x": f"{EC['x']}="},
        {**EC, "x": f"AA{EC['x']}"},
        {**EC, "x": 7},
        {**EC, "y": ""},
        {**EC, "kid": 7},
        {**EC, "kid": "a" * 300},
        {**EC, "kty": "RSA"},
        key_for("ES256").as_dict(private=True),
        key_for("RS256").as_dict(private=True),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
        {**RSA, "n": RSA["n"][:171]},  # 1,024 bits
        {**RSA, "n": "_" * 4096},
        {**RSA, "e": "AA"},
        {**RSA, "e": "AQ"},
        {**RSA, "e": "AQAAAAAB"},
        {**RSA, "n": None},
        {**OKP, "crv": "X25519"},
        {**OKP, "crv": "Ed448"},
        {**OKP, "x": OKP["x"][:-2]},
        "key",
        {},
    ],
)
def test_a_key_that_checks_no_signatures_is_left_out(key: object) -> None:
    with pytest.raises(BadKeySet, match="no key for"):
        KeySet.read(json.dumps({"keys": [key]}).encode(), TAKEN)
    good_key = key_for("ES384").as_dict(private=False)
    keys = KeySet.read(json.dumps({"keys": [key, good_key]}).encode(), TAKEN)
    assert keys.names == {good_key["kid"]}
