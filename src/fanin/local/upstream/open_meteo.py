"""Open-Meteo's forecast and air quality APIs, which share their form.

https://open-meteo.com/en/docs and https://open-meteo.com/en/docs/air-quality-api
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from fanin.local.upstream.answers import answer
from fanin.local.upstream.world import City, Json, Variable, World

GENERATION_TIME = 0.1062
"""Milliseconds, as the APIs report them."""

_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "max": max,
    "min": min,
    "sum": math.fsum,
    "mean": lambda values: math.fsum(values) / len(values),
}


class _BadRequest(Exception):
    """What the client asked for cannot be had; the text says why."""


@dataclass(frozen=True)
class Service:
    """One of the APIs.

    Args:
        path: what it serves.
        grid: its grid's cells a degree, to which coordinates are moved.
        interval: seconds between two measurements of `current`.
        most_days: how many days of forecast it has.
        days: how many it gives unless asked.
        has_daily: whether it sums up days.
        variables: what it measures.
        values: the city's values of now.
    """

    path: str
    grid: int
    interval: int
    most_days: int
    days: int
    has_daily: bool
    variables: Mapping[str, Variable]
    values: Callable[[City], Mapping[str, float]]


def forecast_routes(world: World) -> list[web.RouteDef]:
    """Serve the weather forecast."""
    return _routes(
        world,
        Service(
            path="/v1/forecast",
            grid=8,
            interval=900,
            most_days=16,
            days=7,
            has_daily=True,
            variables=world.weather_variables,
            values=lambda city: city.weather,
        ),
    )


def air_quality_routes(world: World) -> list[web.RouteDef]:
    """Serve the air quality."""
    return _routes(
        world,
        Service(
            path="/v1/air-quality",
            grid=10,
            interval=3600,
            most_days=7,
            days=5,
            has_daily=False,
            variables=world.air_variables,
            values=lambda city: city.air,
        ),
    )


def _routes(world: World, service: Service) -> list[web.RouteDef]:
    async def measurements(request: web.Request) -> web.Response:
        try:
            return answer(_body(world, service, request.query))
        except _BadRequest as error:
            return answer({"error": True, "reason": str(error)}, status=400)

    return [web.get(service.path, measurements)]


def _body(world: World, service: Service, query: Mapping[str, str]) -> Json:
    latitude, longitude = _coordinate(query, "latitude", 90), _coordinate(query, "longitude", 180)
    city = world.nearest_city(latitude, longitude)
    local = _is_local(query, city)
    now = world.local_time(city if local else None)
    series = _Series(service, city, now)
    days = _days(query, service)

    body: Json = {
        "latitude": round(latitude * service.grid) / service.grid,
        "longitude": round(longitude * service.grid) / service.grid,
        "generationtime_ms": GENERATION_TIME,
        "utc_offset_seconds": city.utc_offset if local else 0,
        "timezone": city.place["timezone"] if local else "GMT",
        "timezone_abbreviation": _abbreviation(city.utc_offset if local else 0),
        "elevation": city.place["elevation"],
    }
    if names := _names(query, "current"):
        units = {"time": "iso8601", "interval": "seconds"} | {name: series.variable(name).unit for name in names}
        body["current_units"] = units
        body["current"] = {"time": _minutes(now), "interval": service.interval} | {
            name: series.at(name, now) for name in names
        }
    if names := _names(query, "hourly"):
        hours = [_midnight(now) + timedelta(hours=hour) for hour in range(24 * days)]
        body["hourly_units"] = {"time": "iso8601"} | {name: series.variable(name).unit for name in names}
        body["hourly"] = {"time": [_minutes(hour) for hour in hours]} | {
            name: [series.at(name, hour) for hour in hours] for name in names
        }
    if names := _names(query, "daily"):
        dates = [_midnight(now) + timedelta(days=day) for day in range(days)]
        body["daily_units"] = {"time": "iso8601"} | {name: series.daily_variable(name)[0].unit for name in names}
        body["daily"] = {"time": [date.date().isoformat() for date in dates]} | {
            name: [series.over(name, date) for date in dates] for name in names
        }
    return body


class _Series:
    """The variables of one city over time."""

    def __init__(self, service: Service, city: City, now: datetime) -> None:
        self._service = service
        self._values = service.values(city)
        self._now = now

    def variable(self, name: str) -> Variable:
        if name not in self._service.variables:
            raise _BadRequest(f"there is no variable {name}")
        return self._service.variables[name]

    def daily_variable(self, name: str) -> tuple[Variable, str, Callable[[Sequence[float]], float]]:
        """Split a name such as temperature_2m_max into variable, its name and the way to sum it up."""
        base, _, how = name.rpartition("_")
        if not self._service.has_daily or (name != "weather_code" and how not in _AGGREGATES):
            raise _BadRequest(f"there is no daily variable {name}")
        if name == "weather_code":
            return self.variable(name), name, max
        return self.variable(base), base, _AGGREGATES[how]

    def at(self, name: str, moment: datetime) -> float:
        variable = self.variable(name)
        return variable.between(self._values[name] + variable.swing * (_wave(moment) - _wave(self._now)))

    def over(self, name: str, midnight: datetime) -> float:
        variable, base, aggregate = self.daily_variable(name)
        value = aggregate([self.at(base, midnight + timedelta(hours=hour)) for hour in range(24)])
        return round(value, variable.decimals)


def _wave(moment: datetime) -> float:
    """Give a wave of one day, highest at three in the afternoon, on a slow and low one of ten days."""
    hours = moment.hour + moment.minute / 60
    days = moment.toordinal() + hours / 24
    return math.cos((hours - 15) / 24 * math.tau) + 0.4 * math.sin(days / 10 * math.tau)


def _coordinate(query: Mapping[str, str], name: str, limit: int) -> float:
    if not (text := query.get(name)):
        raise _BadRequest("latitude and longitude are both to be given")
    try:
        degrees = float(text)
    except ValueError:
        raise _BadRequest(f"{name} is not a number: {text}") from None
    if not -limit <= degrees <= limit:
        raise _BadRequest(f"{name} is to be from -{limit} to {limit} degrees, not {text}")
    return degrees


def _is_local(query: Mapping[str, str], city: City) -> bool:
    zone = query.get("timezone", "GMT")
    if zone not in ("GMT", "UTC", "auto", city.place["timezone"]):
        raise _BadRequest("this sample knows no time zone but auto and GMT")
    return zone not in ("GMT", "UTC")


def _days(query: Mapping[str, str], service: Service) -> int:
    text = query.get("forecast_days", str(service.days))
    if not (text.isdecimal() and int(text) <= service.most_days):
        raise _BadRequest(f"forecast_days is to be from 0 to {service.most_days}, not {text}")
    return int(text)


def _names(query: Mapping[str, str], section: str) -> list[str]:
    return [name for name in query.get(section, "").split(",") if name]


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0)


def _minutes(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _abbreviation(utc_offset: int) -> str:
    """Write an offset as the APIs do: GMT, GMT+2, GMT-3, GMT+5:30."""
    if utc_offset == 0:
        return "GMT"
    hours, minutes = divmod(abs(utc_offset) // 60, 60)
    return f"GMT{'+' if utc_offset > 0 else '-'}{hours}" + (f":{minutes:02}" if minutes else "")
