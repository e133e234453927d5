"""fanin.sources.http.head: dates, and the time of receipt in their place."""

import pytest

from fanin.sources.http.head import dated, moment

NOW = 784111777.0
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "date", [DATE, "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", f"{DATE}, {DATE}"]
)
def test_each_form_of_a_date_is_read(date: str) -> None:
    assert moment(date) == NOW


def test_a_date_that_is_there_stays() -> None:
    assert dated({"date": DATE}, NOW + 60) == {"date": DATE}


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "soon"}])
def test_the_time_of_receipt_stands_for_a_date_that_is_missing_or_invalid(headers: dict[str, str]) -> None:
    assert dated(headers, NOW) == {"date": DATE}
