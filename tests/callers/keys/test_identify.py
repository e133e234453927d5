"""Who is let in with a key, who is not, and what that costs."""

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fanin.aws.errors import AwsUnavailable
from fanin.callers.keys.document import write_document
from fanin.callers.keys.form import ApiKey, new_key
from fanin.callers.keys.identify import NOBODYS, KeyHolders
from fanin.callers.keys.kept import KEPT, Kept
from fanin.callers.keys.record import Limit
from fanin.callers.kinds import Around, identify_of
from fanin.config.callers import Callers
from fanin.config.callers.keys import Keys
from fanin.config.values import Json
from fanin.credentials.secrets.places import EnvironmentVariables
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.invocation import UNKNOWN
from fanin.errors import RequestError
from tests.callers.keys.holding import MADE, Clock, FakePlace, hold


def callers(keys: Mapping[str, Any]) -> Callers:
    """Read a table of callers, as the file around it would."""
    read = Callers.model_validate({"keys": keys}, context={})
    read.take_name("partners")
    return read


class Given:
    """Callers with keys, over a fake place; comparisons are written down."""

    def __init__(self, **keys: Any) -> None:
        self.clock, self.now = Clock(), Clock(MADE + 10.0)
        self.place, self.redaction = FakePlace(), Redaction()
        self.compared: list[tuple[int, int]] = []
        kept = Kept(self.place, self.clock)
        self.callers = callers(keys)
        table = self.callers.table
        assert isinstance(table, Keys)
        self.holders = KeyHolders(self.callers, table, kept, self.redaction, self.now, self._compare)

    def _compare(self, one: str, other: str) -> bool:
        self.compared.append((len(one), len(other)))
        return hmac.compare_digest(one, other)

    def claims(self, headers: Mapping[str, str]) -> Mapping[str, Json]:
        caller = hold(self.holders.identify(headers, self.clock() + 30))
        assert caller.name == "partners"
        return caller.claims

    def refusal(self, headers: Mapping[str, str]) -> RequestError:
        with pytest.raises(RequestError) as raised:
            self.claims(headers)
        return raised.value


def sent(key: ApiKey, header: str = "x-api-key") -> dict[str, str]:
    return {header: key.text}


def with_another_secret(key: ApiKey) -> ApiKey:
    return ApiKey(key.id, new_key().secret)


def test_a_good_key_says_who_asks() -> None:
    given = Given()
    key = given.place.add(scopes=frozenset({"b", "a"}), limit=Limit(100, 60.0), expires=MADE + 11)
    claims = given.claims(sent(key))
    assert claims == {
        "sub": "acme",
        "key": key.id,
        "name": "nightly",
        "scopes": ["a", "b"],
        "limit": {"calls": 100, "per": 60.0},
    }
    assert json.loads(json.dumps(claims)) == claims


def test_a_key_without_more_has_no_scopes_and_no_limit() -> None:
    given = Given()
    key = given.place.add()
    assert given.claims(sent(key)) == {"sub": "acme", "key": key.id, "name": "nightly", "scopes": [], "limit": None}


def test_the_header_is_the_one_that_the_file_names() -> None:
    given = Given(header="X-Shop-Key")
    key = given.place.add()
    assert given.claims(sent(key, "x-shop-key"))["key"] == key.id
    assert given.refusal(sent(key)).status == 401


def test_space_around_a_key_is_no_part_of_it() -> None:
    """RFC 9110, section 5.5: not every way in strips it."""
    given = Given()
    key = given.place.add()
    assert given.claims({"x-api-key": f" {key.text}\t"})["key"] == key.id
    for other in ("\xa0", "\u2003", "\x1c", "\x85"):  # blanks to Python, and to no server
        assert given.refusal({"x-api-key": f"{key.text}{other}"}).status == 401


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "  "}, {"authorization": "Bearer a"}])
def test_without_a_key_nobody_is_asked(headers: dict[str, str]) -> None:
    given = Given()
    refusal = given.refusal(headers)
    assert (refusal.status, refusal.problem) == (401, "not-authenticated")
    assert "X-Api-Key" in refusal.detail
    assert given.place.read == []


@pytest.mark.parametrize("change", ["x{}", "{}x", "{}, {}", "fanin_a_b", "{}\x00", "Bearer {}"])
def test_what_is_no_whole_key_is_refused_without_a_look_up(change: str) -> None:
    given = Given()
    key = given.place.add()
    refusal = given.refusal({"x-api-key": change.format(key.text, key.text)})
    assert (refusal.status, refusal.problem) == (401, "not-authenticated")
    assert given.place.read == []
    assert given.compared == []


def test_an_unknown_key_and_a_wrong_secret_get_the_same_answer_and_cost_the_same() -> None:
    """One read and one comparison of two whole hashes each."""
    given = Given()
    key = given.place.add()
    wrong = given.refusal(sent(with_another_secret(key)))
    unknown = given.refusal(sent(new_key()))
    assert (wrong.status, wrong.problem, wrong.detail, wrong.headers) == (
        unknown.status,
        unknown.problem,
        unknown.detail,
        unknown.headers,
    )
    assert given.compared == [(64, 64), (64, 64)]
    assert len(given.place.read) == 2


def test_a_good_key_is_compared_once() -> None:
    given = Given()
    given.claims(sent(given.place.add()))
    assert given.compared == [(64, 64)]


def test_the_comparison_takes_constant_time_unless_a_test_says_otherwise() -> None:
    given = Given()
    assert (
        KeyHolders(given.callers, Keys(), given.holders.kept, given.redaction, given.now).compare is hmac.compare_digest
    )


def test_no_key_has_the_hash_that_unknown_ones_are_compared_with() -> None:
    """Even if somebody knew a secret with it: a key without a record is refused."""
    given = Given()
    kept, redaction = given.holders.kept, given.redaction
    holders = KeyHolders(given.callers, Keys(), kept, redaction, given.now, lambda _, other: other == NOBODYS)
    with pytest.raises(RequestError):
        hold(holders.identify(sent(new_key()), given.clock() + 30))


@pytest.mark.parametrize(("more", "said"), [({"revoked": MADE + 1}, "revoked"), ({"expires": MADE + 10}, "expired")])
def test_a_key_that_has_ended_is_refused_and_only_its_holder_hears_why(more: dict[str, int], said: str) -> None:
    given = Given()
    key = given.place.add(**more)
    assert said in given.refusal(sent(key)).detail
    assert given.refusal(sent(key)).status == 401
    assert said not in given.refusal(sent(with_another_secret(key))).detail


def test_a_key_expires_while_its_record_is_kept() -> None:
    given = Given()
    key = given.place.add(expires=MADE + 20)
    given.claims(sent(key))
    given.now.now += 10
    assert "expired" in given.refusal(sent(key)).detail
    assert len(given.place.read) == 1


def test_a_revoked_key_is_refused_within_a_minute() -> None:
    given = Given()
    key = given.place.add()
    given.claims(sent(key))
    record = given.place.there[key.id]
    given.place.add()
    given.place.there[key.id] = type(record)(**{**_fields(record), "revoked": MADE + 11})
    given.clock.now += KEPT
    assert "revoked" in given.refusal(sent(key)).detail


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_a_key_without_one_of_the_scopes_is_refused_with_403() -> None:
    given = Given(scopes=["c", "a", "b"])
    key = given.place.add(scopes=frozenset({"a", "d"}))
    refusal = given.refusal(sent(key))
    assert (refusal.status, refusal.problem) == (403, "not-allowed")
    assert refusal.detail == "the API key lacks the scope b c"
    challenge = 'ApiKey realm="partners", header="X-Api-Key", error="insufficient_scope", scope="b c"'
    assert refusal.headers == (("WWW-Authenticate", challenge),)
    all_of_them = given.place.add(scopes=frozenset({"a", "b", "c", "d"}))
    assert given.claims(sent(all_of_them))["key"] == all_of_them.id


def test_scopes_are_told_to_nobody_whose_key_is_not_good() -> None:
    given = Given(scopes=["secret-project"])
    key = given.place.add()
    for bad in (with_another_secret(key), new_key()):
        assert "secret-project" not in given.refusal(sent(bad)).detail


def test_if_nobody_can_say_who_asks_the_client_may_ask_again() -> None:
    given = Given()
    given.place.fault = AwsUnavailable("table arn:aws:dynamodb:1234 is down")
    refusal = given.refusal(sent(new_key()))
    assert (refusal.status, refusal.problem) == (503, "callers-unavailable")
    assert refusal.headers == (("Retry-After", "1"),)
    assert "arn" not in refusal.detail


def test_a_401_names_the_scheme_the_realm_and_the_header() -> None:
    """RFC 9110, section 11.6.1."""
    given = Given(header="X-Shop-Key")
    assert given.refusal({}).headers == (("WWW-Authenticate", 'ApiKey realm="partners", header="X-Shop-Key"'),)


def test_whatever_is_presented_is_hidden_from_then_on() -> None:
    given = Given()
    good, typo, foreign = given.place.add(), f"{new_key().text[:-1]}-", "sk-live-4242424242424242"
    given.claims(sent(good))
    for bad in (typo, foreign, new_key().text):
        given.refusal({"x-api-key": bad})
        assert bad not in given.redaction(f"a library's line with {bad} in it")
    assert good.text not in given.redaction(f"headers: {{'x-api-key': '{good.text}'}}")


def test_no_refusal_repeats_what_was_presented() -> None:
    given = Given(scopes=["a"])
    keys = [given.place.add(), given.place.add(revoked=MADE), new_key()]
    for presented in [*(key.text for key in keys), f"{keys[0].text}x"]:
        refusal = given.refusal({"x-api-key": presented})
        told = f"{refusal} {refusal.detail} {refusal.headers} {refusal.title}"
        assert not any(part in told for part in (presented, keys[0].secret))


def test_the_register_of_kinds_has_keys(tmp_path: Path) -> None:
    given = Given()
    key = given.place.add()
    path = tmp_path / "keys.json"
    path.write_text(write_document(given.place.there), encoding="utf-8")
    environment = {"FANIN_KEYS": f"file:{path}"}
    around = Around(environment, given.redaction, EnvironmentVariables({}), given.clock, given.now)
    identify = identify_of(given.callers, around)
    assert hold(identify(sent(key), {}, UNKNOWN, given.clock() + 30)).claims["key"] == key.id
    with pytest.raises(RequestError):
        hold(identify({}, sent(key), UNKNOWN, given.clock() + 30))
