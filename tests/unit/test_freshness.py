"""fanin.policies.cache.freshness: for how long an answer may be kept, by RFC 9111 and the source's `cache`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.config.policies import Cache
from fanin.policies.cache.freshness import Lifetime, age, directives, lifetime

PLAIN = {"fresh": "5m", "stale": "1h"}
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


def kept(control: str = "", /, *, personal: bool = False, missing: bool = False, **more: str) -> Lifetime | None:
    """Say how long an answer is kept under `PLAIN`, or the settings given; headers with _ for -."""
    settings = {key: value for key, value in more.items() if key in Cache.model_fields} or PLAIN
    headers = {key.replace("_", "-"): value for key, value in more.items() if key not in Cache.model_fields}
    if control:
        headers["cache-control"] = control
    return lifetime(Cache.model_validate(settings), headers, personal=personal, missing=missing)


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ("", Lifetime(300, 3600, 3600)),  # silence: what fanin.toml says
        ("public", Lifetime(300, 3600, 3600)),
        ("max-age=60", Lifetime(60, 3600, 3600)),
        ("max-age=99999", Lifetime(300, 3600, 3600)),  # fanin.toml's is the most
        ("MAX-AGE=60", Lifetime(60, 3600, 3600)),
        ('max-age="60"', Lifetime(60, 3600, 3600)),
        ("max-age=60, max-age=10", Lifetime(60, 3600, 3600)),  # the first counts
        ("max-age=60, s-maxage=20", Lifetime(20, 3600, 3600)),
        ("max-age=0", Lifetime(0, 3600, 3600)),
        ("max-age=-1", Lifetime(0, 3600, 3600)),
        ("max-age=soon", Lifetime(0, 3600, 3600)),
        ("max-age", Lifetime(0, 3600, 3600)),
        ("max-age=" + "9" * 400, Lifetime(300, 3600, 3600)),
        ("max-age=60, stale-while-revalidate=30", Lifetime(60, 30, 3600)),
        ("max-age=60, stale-if-error=30", Lifetime(60, 3600, 30)),
        ("max-age=60, must-revalidate", Lifetime(60)),
        ("max-age=60, proxy-revalidate", Lifetime(60)),
        ("no-cache", Lifetime(0)),
        ('no-cache="Set-Cookie"', Lifetime(0)),
        ("no-cache, max-age=60", Lifetime(0)),
        ("no-store", None),
        ("max-age=60, no-store", None),
        ("private, max-age=60", None),
        ('x="a, no-store", max-age=60', Lifetime(60, 3600, 3600)),  # what is quoted is no directive
    ],
)
def test_the_source_says_how_long_and_fanin_toml_is_the_most(control: str, expected: Lifetime | None) -> None:
    assert kept(control) == expected


def test_a_private_answer_is_kept_where_the_call_said_whom_it_was_for() -> None:
    assert kept("private, max-age=60", personal=True) == Lifetime(60, 3600, 3600)
    assert kept("max-age=60, s-maxage=20", personal=True) == Lifetime(60, 3600, 3600)


def test_an_answer_that_varies_by_anything_is_not_kept() -> None:
    for vary in ("*", " * ", "Accept, *", "*,Accept"):
        assert kept(vary=vary) is None
    assert kept(vary="Accept-Language") == Lifetime(300, 3600, 3600)


@pytest.mark.parametrize(
    ("expires", "date", "fresh"),
    [
        ("Sun, 06 Nov 1994 08:50:37 GMT", DATE, 60),
        ("Sun, 06 Nov 1994 08:49:37 GMT", DATE, 0),
        ("Sun, 06 Nov 1994 08:48:37 GMT", DATE, 0),
        ("0", DATE, 0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", "", 0),
        ("", DATE, 0),
        ("Sun, 06 Nov 1994 08:50:37 GMT, Sun, 06 Nov 1994 09:50:37 GMT", DATE, 60),  # two lines: the first counts
    ],
)
def test_expires_counts_from_the_sources_own_date(expires: str, date: str, fresh: float) -> None:
    found = kept(expires=expires, date=date)
    assert found
    assert found.fresh == fresh


def test_max_age_goes_before_expires() -> None:
    found = kept("max-age=60", expires="0", date=DATE)
    assert found
    assert found.fresh == 60


def test_without_settings_only_what_the_source_says_counts() -> None:
    assert lifetime(Cache(), {}, personal=False) == Lifetime(0)
    told = {"cache-control": "max-age=60, stale-while-revalidate=30, stale-if-error=90"}
    assert lifetime(Cache(), told, personal=False) == Lifetime(60, 30, 90)


def test_override_holds_whatever_the_source_says() -> None:
    settings = Cache.model_validate({"fresh": "5m", "override": True})
    for control in ("no-store", "private", "max-age=0", "max-age=9999"):
        assert lifetime(settings, {"cache-control": control}, personal=False) == Lifetime(300)


def test_that_there_is_no_such_thing_is_remembered_where_fanin_toml_says_so() -> None:
    assert kept(missing=True) is None
    assert kept(missing=True, negative="30s", stale="1h") == Lifetime(30)
    assert kept("max-age=10", missing=True, negative="30s") == Lifetime(10)
    assert kept("no-store", missing=True, negative="30s") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("12", 12), ("-1", 0), ("x", 0), ("1.5", 0), (" 7 ", 7), ("7200, 0", 7200), ("x, 7", 0)],
)
def test_age_is_a_number_of_seconds_or_nothing(text: str, expected: float) -> None:
    assert age({"age": text}) == expected


@given(st.text(max_size=60))
def test_any_text_is_read(control: str) -> None:
    directives(control)
    kept(control)


@pytest.mark.parametrize(
    ("status", "headers", "kept"),
    [
        (200, {}, Lifetime(300)),
        (203, {}, Lifetime(300)),
        (404, {}, Lifetime(300)),
        (201, {}, None),
        (201, {"etag": '"1"'}, None),
        (201, {"cache-control": "no-cache"}, None),
        (299, {}, None),
        (201, {"cache-control": "max-age=60"}, Lifetime(60)),
        (201, {"expires": "Thu, 01 Jan 2026 00:01:00 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}, Lifetime(60)),
        (206, {}, None),
        (206, {"cache-control": "max-age=60"}, None),
    ],
)
def test_only_some_statuses_are_kept_without_being_asked_to(
    status: int, headers: dict[str, str], kept: Lifetime | None
) -> None:
    """RFC 9111, section 3: for the others, only what the answer says; never a part of one."""
    assert lifetime(Cache(fresh="5m"), headers, personal=False, status=status) == kept  # type: ignore[arg-type]
