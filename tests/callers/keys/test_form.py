"""What a key looks like, and which texts are none."""

import hashlib
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.callers.keys.form import new_key, read_key
from fanin.config.callers.key_form import ALPHABET, SECRET_LENGTH


def test_a_key_is_read_back() -> None:
    key = new_key()
    assert re.fullmatch(r"fanin_[a-z2-7]{12}_[0-9A-Za-z]{32}", key.text)
    assert read_key(key.text) == key


def test_its_hash_is_that_of_the_secret() -> None:
    key = new_key()
    assert key.sha256 == hashlib.sha256(key.secret.encode()).hexdigest()


def test_the_form_stays_as_it_is() -> None:
    """Keys that are out there must go on being read."""
    key = read_key("fanin_wq7zba65a2r2_hVaRX0t1ZLqwI2WLaJz6WZmP4S2nihy2")
    assert key is not None
    assert (key.id, key.secret) == ("wq7zba65a2r2", "hVaRX0t1ZLqwI2WLaJz6WZmP4S")


def test_the_secret_cannot_be_guessed() -> None:
    """128 bits are what NIST SP 800-131A asks for."""
    assert SECRET_LENGTH * math.log2(len(set(ALPHABET))) >= 128
    assert len({new_key().text for _ in range(1000)}) == 1000


def test_no_repr_shows_the_secret() -> None:
    key = new_key()
    assert key.secret not in repr(key)


def test_any_single_wrong_character_is_found() -> None:
    """A CRC finds every burst of up to its 32 bits."""
    text = new_key().text
    for place, right in enumerate(text):
        for wrong in {*"a2Z_7"} - {right}:
            assert read_key(f"{text[:place]}{wrong}{text[place + 1 :]}") is None


def test_two_characters_that_changed_places_are_found() -> None:
    text = new_key().text
    for place in range(len(text) - 1):
        changed = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        assert changed == text or read_key(changed) is None


@pytest.mark.parametrize("change", ["{}\n", " {}", "{}a", "Bearer {}", "{},{}"])
def test_nothing_stands_around_a_key(change: str) -> None:
    text = new_key().text
    assert read_key(change.format(text, text)) is None


@given(st.text())
def test_no_other_text_is_a_key(text: str) -> None:
    assert read_key(text) is None
    assert read_key(f"fanin_{text}") is None
