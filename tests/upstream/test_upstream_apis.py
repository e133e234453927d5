"""Each API answers under its prefix in the shape that it documents."""

from urllib.parse import quote

import pytest

from fanin.local.upstream.process import Upstream
from fanin.local.upstream.world import load

GEOCODING = "/open-meteo-geocoding/v1/search"
FORECAST = "/open-meteo/v1/forecast?latitude=38.72635&longitude=-9.14843"
AIR = "/open-meteo-air-quality/v1/air-quality?latitude=38.72635&longitude=-9.14843"
WIKIPEDIA = "/wikipedia/w/api.php?action=query&format=json&formatversion=2"


def test_geocoding_finds_a_place_by_its_name(upstream: Upstream) -> None:
    body = upstream.get(f"{GEOCODING}?name=Lisbon&count=1")
    (place,) = body["results"]
    assert (place["name"], place["country_code"], place["timezone"]) == ("Lisbon", "PT", "Europe/Lisbon")
    assert (place["latitude"], place["longitude"]) == (38.72635, -9.14843)
    assert isinstance(body["generationtime_ms"], float)


@pytest.mark.parametrize(
    ("asked", "found"),
    [("lisBOA", "Lisbon"), ("sao+paulo", "São Paulo"), ("ZURICH", "Zürich"), ("reykjav", "Reykjavík"), ("ny", None)],
)
def test_geocoding_passes_over_case_and_accents(upstream: Upstream, asked: str, found: str | None) -> None:
    results = upstream.get(f"{GEOCODING}?name={asked}&count=1").get("results", [])
    assert [place["name"] for place in results] == ([found] if found else [])


@pytest.mark.parametrize("name", ["Atlantis", "L", ""])
def test_geocoding_leaves_results_out_where_there_are_none(upstream: Upstream, name: str) -> None:
    assert upstream.get(f"{GEOCODING}?name={name}").keys() == {"generationtime_ms"}


@pytest.mark.parametrize("query", ["", "?name=Lisbon&count=0", "?name=Lisbon&count=101", "?name=Lisbon&count=x"])
def test_geocoding_refuses_bad_parameters(upstream: Upstream, query: str) -> None:
    answer = upstream.ask(GEOCODING + query)
    assert answer.status == 400
    assert answer.json["error"] is True
    assert answer.json["reason"]


def test_the_forecast_has_the_sections_that_were_asked_for(upstream: Upstream) -> None:
    body = upstream.get(
        f"{FORECAST}&current=temperature_2m&hourly=temperature_2m"
        "&daily=temperature_2m_max,weather_code&forecast_days=2&timezone=auto"
    )
    assert (body["timezone"], body["utc_offset_seconds"], body["timezone_abbreviation"]) == (
        "Europe/Lisbon",
        3600,
        "GMT+1",
    )
    assert body["current_units"] == {"time": "iso8601", "interval": "seconds", "temperature_2m": "°C"}
    assert body["current"] == {"time": "2026-06-15T13:00", "interval": 900, "temperature_2m": 24.3}
    assert len(body["hourly"]["time"]) == len(body["hourly"]["temperature_2m"]) == 48
    assert body["hourly"]["temperature_2m"][13] == 24.3
    assert body["daily"]["time"] == ["2026-06-15", "2026-06-16"]
    assert body["daily"]["temperature_2m_max"][0] == max(body["hourly"]["temperature_2m"][:24])
    assert body["daily_units"] == {"time": "iso8601", "temperature_2m_max": "°C", "weather_code": "wmo code"}


def test_the_forecast_has_no_section_unasked(upstream: Upstream) -> None:
    body = upstream.get(FORECAST)
    assert body.keys() & {"current", "hourly", "daily"} == set()
    assert body["timezone"] == "GMT"


def test_the_forecast_for_any_point_is_that_of_the_nearest_city(upstream: Upstream) -> None:
    sydney, fiji = (
        upstream.get(f"/open-meteo/v1/forecast?latitude={latitude}&longitude={longitude}&current=temperature_2m")
        for latitude, longitude in [(-33.9, 151.2), (-17.7, -179.9)]
    )
    assert sydney["current"] == fiji["current"]


@pytest.mark.parametrize(
    "path",
    [
        "/open-meteo/v1/forecast",
        "/open-meteo/v1/forecast?latitude=91&longitude=0",
        "/open-meteo/v1/forecast?latitude=north&longitude=0",
        f"{FORECAST}&current=mood",
        f"{FORECAST}&daily=temperature_2m",
        f"{FORECAST}&forecast_days=17",
        f"{FORECAST}&timezone=Mars/Olympus",
        f"{AIR}&daily=pm10_max",
    ],
)
def test_open_meteo_refuses_bad_parameters(upstream: Upstream, path: str) -> None:
    answer = upstream.ask(path)
    assert answer.status == 400
    assert answer.json["error"] is True
    assert answer.json["reason"]


def test_the_air_quality_is_that_of_the_place(upstream: Upstream) -> None:
    body = upstream.get(f"{AIR}&current=european_aqi,pm2_5&timezone=auto")
    assert body["current"] == {"time": "2026-06-15T13:00", "interval": 3600, "european_aqi": 31, "pm2_5": 7.1}
    assert body["current_units"]["pm2_5"] == "μg/m³"


@pytest.mark.parametrize("code", ["PT", "pt", "PRT"])
def test_a_country_is_found_by_either_code(upstream: Upstream, code: str) -> None:
    country = upstream.get(f"/countries-dev/alpha/{code}")
    assert country["name"] == country["nativeName"] == "Portugal"
    assert country["currencies"] == [{"code": "EUR", "name": "Euro", "symbol": "€"}]


def test_a_country_can_be_cut_down_to_fields(upstream: Upstream) -> None:
    assert upstream.get("/countries-dev/alpha/JP?fields=capital,name") == {"name": "Japan", "capital": "Tokyo"}


def test_an_unknown_country_is_not_found(upstream: Upstream) -> None:
    answer = upstream.ask("/countries-dev/alpha/ZZ")
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/plain")


def test_rates_are_given_for_one_unit_of_the_base(upstream: Upstream) -> None:
    assert upstream.get("/frankfurter/v1/latest?symbols=USD,GBP") == {
        "amount": 1.0,
        "base": "EUR",
        "date": "2026-06-12",
        "rates": {"GBP": 0.8641, "USD": 1.1624},
    }
    yen = upstream.get("/frankfurter/v1/latest?base=JPY&symbols=EUR,JPY")
    assert yen["base"] == "JPY"
    assert yen["rates"] == {"EUR": pytest.approx(1 / 181.37, rel=1e-4)}


@pytest.mark.parametrize(("query", "status"), [("base=KES", 404), ("symbols=KES", 404), ("base=USD&symbols=USD", 422)])
def test_rates_that_do_not_exist_are_refused(upstream: Upstream, query: str, status: int) -> None:
    answer = upstream.ask(f"/frankfurter/v1/latest?{query}")
    assert answer.status == status
    assert answer.json.keys() == {"message"}


def test_the_encyclopedia_gives_what_it_is_asked_for(upstream: Upstream) -> None:
    prop = "extracts%7Cdescription%7Cinfo"
    body = upstream.get(f"{WIKIPEDIA}&prop={prop}&exsentences=1&explaintext=1&inprop=url&titles=Lisbon")
    assert body["batchcomplete"] is True
    (page,) = body["query"]["pages"]
    assert page["title"] == "Lisbon"
    assert page["extract"] == "Lisbon is the capital of Portugal and its largest city."
    assert page["description"] == "Capital city of Portugal"
    assert page["fullurl"] == "https://en.wikipedia.org/wiki/Lisbon"


def test_the_encyclopedia_follows_redirects_and_says_so(upstream: Upstream) -> None:
    query = upstream.get(f"{WIKIPEDIA}&redirects=1&titles=z%C3%BCrich%7CNew_York")["query"]
    assert query["normalized"] == [
        {"fromencoded": False, "from": "zürich", "to": "Zürich"},
        {"fromencoded": False, "from": "New_York", "to": "New York"},
    ]
    assert query["redirects"] == [{"from": "Zürich", "to": "Zurich"}]
    assert [page["title"] for page in query["pages"]] == ["Zurich", "New York"]


def test_the_encyclopedia_marks_a_page_that_is_missing(upstream: Upstream) -> None:
    assert upstream.get(f"{WIKIPEDIA}&titles=Atlantis")["query"]["pages"] == [
        {"ns": 0, "title": "Atlantis", "missing": True}
    ]


def test_the_encyclopedia_has_its_errors_in_the_body(upstream: Upstream) -> None:
    assert upstream.get("/wikipedia/w/api.php?action=delete&format=json")["error"]["code"] == "badvalue"
    assert upstream.get(WIKIPEDIA) == {"batchcomplete": True}


def test_answers_do_not_change_from_call_to_call(upstream: Upstream) -> None:
    paths = [f"{GEOCODING}?name=Tokyo", f"{FORECAST}&hourly=temperature_2m", "/frankfurter/v1/latest?base=USD"]
    assert [upstream.ask(path).body for path in paths] == [upstream.ask(path).body for path in paths]


def test_every_city_has_a_country_and_a_page(upstream: Upstream) -> None:
    for city in load().cities:
        name = quote(city.place["name"])
        (place,) = upstream.get(f"{GEOCODING}?name={name}&count=1")["results"]
        assert place == city.place
        assert upstream.get(f"/countries-dev/alpha/{place['country_code']}")["currencies"]
        (page,) = upstream.get(f"{WIKIPEDIA}&redirects=1&titles={name}")["query"]["pages"]
        assert "missing" not in page
