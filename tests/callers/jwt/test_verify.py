"""fanin.callers.jwt.verify: of hostile tokens none passes, and of good ones all do."""

import json

import pytest

from fanin.callers.jwt.key_set import KeySet
from fanin.callers.jwt.verify import TokenRefused, UnknownKey, verified
from fanin.config.callers.jwt import ALGORITHMS
from tests.callers.jwt.hostile import hostile_ones
from tests.callers.jwt.tokens import (
    CLAIMS,
    NOW,
    SAID,
    SKEW,
    TAKEN,
    good,
    good_ones,
    key_for,
    key_set,
    settings,
)


def test_of_hostile_tokens_none_passes() -> None:
    taken, telling, seen = list[str](), list[str](), set[str]()
    for name, token in hostile_ones():
        assert name not in seen
        seen.add(name)
        try:
            verified(token, key_set(), settings(), NOW)
            taken.append(name)
        except TokenRefused as refused:
            if not _tells_nothing(str(refused), token):
                telling.append(name)
    assert (taken, telling) == ([], [])
    assert len(seen) >= 1000


def _tells_nothing(message: str, token: str) -> bool:
    return not any(part and part in message for part in token.split(".")) and message.isascii() and '"' not in message


def test_of_good_tokens_all_pass_and_say_what_they_said() -> None:
    tokens = dict(good_ones())
    assert len(tokens) >= 100
    for token in tokens.values():
        said = verified(token, key_set(), settings(), NOW)
        assert said.claims["iss"] == CLAIMS["iss"]
        assert said.until > NOW


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_of_the_list_is_checked_as_joserfc_signs_it(algorithm: str) -> None:
    token = good(algorithm)
    assert verified(token, key_set(), settings(algorithms=[algorithm]), NOW).claims == SAID
    others = [other for other in ALGORITHMS if other != algorithm]
    with pytest.raises(TokenRefused, match="the algorithm is not one that is taken"):
        verified(token, key_set(), settings(algorithms=others), NOW)


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "a b"}, {"a", "b"}),
        ({"scope": " a  b "}, {"a", "b"}),
        ({"scope": ["a", "b"]}, {"a", "b"}),
        ({"scope": ..., "scp": "a b"}, {"a", "b"}),
        ({"scope": ..., "scp": ["a b", "c"]}, {"a b", "c"}),
        ({"scope": "a", "scp": "b"}, {"a"}),
        ({"scope": ...}, set()),
    ],
)
def test_scopes_are_read_from_scope_or_scp(claims: dict[str, object], scopes: set[str]) -> None:
    assert verified(good("ES256", claims), key_set(), settings(), NOW).scopes == scopes


def test_a_token_holds_until_its_end_and_the_skew_are_over() -> None:
    token = good("ES256", {"exp": NOW})
    assert verified(token, key_set(), settings(), NOW + SKEW - 1).until == NOW + SKEW
    with pytest.raises(TokenRefused, match="expired"):
        verified(token, key_set(), settings(), NOW + SKEW)
    with pytest.raises(TokenRefused, match="expired"):
        verified(token, key_set(), settings(skew="1s"), NOW + 1)


def test_only_a_name_that_no_key_has_is_an_unknown_key() -> None:
    with pytest.raises(UnknownKey):
        verified(good("ES256", kid="new"), key_set(), settings(), NOW)
    for token in (good("ES256", kid=key_for("RS256").kid), good("RS512", alg="RS512")):
        with pytest.raises(TokenRefused) as refused:
            verified(token, key_set(), settings(), NOW)
        assert not isinstance(refused.value, UnknownKey)


def test_a_name_of_a_key_has_at_most_256_characters() -> None:
    """One of more is nobody's, and costs no look at the issuer's keys."""
    with pytest.raises(UnknownKey):
        verified(good("ES256", kid="k" * 256), key_set(), settings(), NOW)
    with pytest.raises(TokenRefused) as refused:
        verified(good("ES256", kid="k" * 257), key_set(), settings(), NOW)
    assert not isinstance(refused.value, UnknownKey)


def test_a_token_that_names_no_key_is_checked_with_the_only_one_that_fits() -> None:
    token = good("ES256", kid=...)
    assert verified(token, key_set(), settings(), NOW).claims == SAID
    key, other = key_for("ES256"), key_for("ES256", "other")
    two = KeySet.read(_key_set(key.as_dict(private=False), other.as_dict(private=False)), TAKEN)
    with pytest.raises(TokenRefused, match="no key of the issuer fits"):
        verified(token, two, settings(), NOW)
    assert verified(good("ES256"), two, settings(), NOW).claims == SAID


def test_a_key_that_says_its_algorithm_checks_no_other() -> None:
    keys = KeySet.read(_key_set({**key_for("RS256").as_dict(private=False), "alg": "RS256"}), TAKEN)
    assert verified(good("RS256"), keys, settings(), NOW).claims == SAID
    with pytest.raises(TokenRefused, match="no key of the issuer fits"):
        verified(good("PS256"), keys, settings(), NOW)


def _key_set(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()
