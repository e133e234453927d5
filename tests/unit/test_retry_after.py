"""fanin.sources.meaning: how long a source asks to be left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.sources.meaning import retry_after

DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 120 "}, 120),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT", "date": DATE}, 60),
        ({"retry-after": "Sunday, 06-Nov-94 08:50:37 GMT", "date": DATE}, 60),
        ({"retry-after": "Sun Nov  6 08:50:37 1994", "date": DATE}, 60),
        ({"retry-after": "Sun, 06 Nov 1994 08:00:00 GMT", "date": DATE}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT"}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:50:37 GMT", "date": "soon"}, None),
        ({"retry-after": "soon", "date": DATE}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "1, 2"}, None),
        ({"retry-after": "12345678901"}, 2**31),
        ({"retry-after": "9" * 10_000}, 2**31),
        ({"retry-after": "Sun, 06 Nov 2994 08:50:37 GMT", "date": DATE}, 2**31),
        ({"retry-after": "Sun, 06 Nov 99999999999999 08:50:37 GMT", "date": DATE}, None),
    ],
)
def test_seconds_and_dates_are_read(headers: dict[str, str], seconds: float | None) -> None:
    """A date against the answer's own; what cannot be read says nothing."""
    assert retry_after(headers) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_sent_it_is_read_or_passed_over(asked: str, date: str) -> None:
    """It comes from others."""
    for headers in ({"retry-after": asked, "date": date}, {"retry-after": asked, "date": DATE}):
        seconds = retry_after(headers)
        assert seconds is None or 0 <= seconds <= 2**31
