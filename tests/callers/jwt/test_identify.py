"""fanin.callers.jwt.identify: from a request's headers to a caller, or to a refusal as RFC 6750 has it."""

import hashlib
from typing import Any

import pytest

from fanin.callers.jwt.identify import bearer_token
from fanin.callers.jwt.known import Known
from fanin.callers.jwt.verify import Verified, verified
from fanin.errors import RequestError
from tests.callers.jwt.tokens import NOW, SAID, good
from tests.callers.jwt.world import World


def refused(world: World, headers: dict[str, str], **told: object) -> RequestError:
    with pytest.raises(RequestError) as error:
        world.held(world.caller(**told).identify(headers))
    return error.value


def test_a_good_token_gives_its_claims() -> None:
    world = World()
    assert world.held(world.caller().identify({"authorization": f"bearer  {good('RS256')} "})).claims == SAID


@pytest.mark.parametrize("value", [None, "", "Bearer ", "Basic YTpi"])
def test_without_a_token_the_client_is_told_how_to_ask_and_no_issuer_is_asked(value: str | None) -> None:
    world = World()
    error = refused(world, {} if value is None else {"authorization": value})
    assert (error.status, error.problem, error.headers) == (
        401,
        "not-authenticated",
        (("WWW-Authenticate", 'Bearer realm="staff"'),),
    )
    assert world.asked == []


def test_a_bad_token_is_refused_with_the_reason_and_without_the_token() -> None:
    token = good("ES256", {"exp": 1})
    error = refused(World(), {"authorization": f"Bearer {token}"})
    challenge = 'Bearer realm="staff", error="invalid_token", error_description="the token has expired"'
    assert (error.status, error.headers) == (401, (("WWW-Authenticate", challenge),))
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_token_without_a_scope_is_good_and_refused() -> None:
    token = good("ES256", {"scope": "orders:read"})
    world = World()
    assert world.identified(world.caller(scopes=["orders:read"]), token).claims["scopes"] == ["orders:read"]
    error = refused(world, {"authorization": f"Bearer {token}"}, scopes=["orders:read", "orders:write"])
    assert (error.status, error.problem) == (403, "not-allowed")
    assert dict(error.headers)["WWW-Authenticate"] == (
        'Bearer realm="staff", error="insufficient_scope", scope="orders:write"'
    )


def test_two_authorizations_joined_are_no_token() -> None:
    token = good("ES256")
    assert refused(World(), {"authorization": f"Bearer {token}, Bearer {token}"}).status == 401


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer a", "a"), ("BEARER a", "a"), ("Bearer  a ", "a"), ("Bearer", None), ("Bearera", None), ("Token a", None)],
)
def test_the_scheme_is_read_in_any_case(header: str, token: str | None) -> None:
    assert bearer_token({"authorization": header}) == token


def test_a_known_token_is_not_checked_again_until_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    world, checked = World(), list[object]()
    caller = world.caller()

    def counted(*given: Any) -> Verified:
        checked.append(given)
        return verified(*given)

    monkeypatch.setattr("fanin.callers.jwt.identify.verified", counted)
    token = good("RS256", {"exp": NOW + 5})
    assert world.identified(caller, token).claims is world.identified(caller, token).claims
    assert len(checked) == 1
    world.today = NOW + 65
    with pytest.raises(RequestError, match="expired"):
        world.identified(caller, token)
    assert len(checked) == 2


def test_a_refused_token_is_not_known() -> None:
    world = World()
    caller = world.caller()
    token = good("ES256")
    other = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    world.identified(caller, token)
    for _ in range(2):
        with pytest.raises(RequestError):
            world.identified(caller, other)


TOLD = Verified({"sub": "a"}, frozenset(), 100.0)


def test_known_tokens_are_bounded_and_the_least_recently_used_leaves_first() -> None:
    known = Known[Verified](max_entries=2)
    for token in ("a", "b"):
        known.put(token, b"", TOLD)
    assert known.get("a", b"", 0)
    known.put("c", b"", TOLD)
    assert [known.get(token, b"", 0) is not None for token in ("a", "b", "c")] == [True, False, True]
    known = Known[Verified](max_characters=10)
    for token in ("a" * 4, "b" * 4, "c" * 4, "c" * 4):
        known.put(token, b"", TOLD)
    assert len(known) == 2
    known.put("d" * 11, b"", TOLD)
    assert len(known) == 0


def test_a_token_is_known_with_the_keys_that_checked_it_and_until_its_end() -> None:
    known = Known[Verified]()
    known.put("a", b"keys", TOLD)
    assert known.get("a", b"keys", 99.9) is TOLD
    assert known.get("a", b"other keys", 0) is None
    assert known.get("a", b"keys", 100.0) is None
    assert len(known) == 0


def test_a_token_itself_is_not_kept() -> None:
    known, token = Known[Verified](), good("ES256")
    known.put(token, b"", TOLD)
    assert list(known._entries) == [hashlib.sha256(token.encode()).digest()]
