"""The sample data, read from world.toml."""

import math
import tomllib
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

type Json = dict[str, Any]

_FILE = Path(__file__).with_name("world.toml")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variable(_Table):
    """Something that is measured by the hour."""

    unit: str
    decimals: int = 1
    swing: float = 0.0
    """How far the daily wave goes up and down, in `unit`."""
    lowest: float = -math.inf
    highest: float = math.inf

    def between(self, value: float) -> float:
        """Keep a value within the variable's bounds and digits."""
        rounded = round(min(max(value, self.lowest), self.highest), self.decimals)
        return rounded if self.decimals else int(rounded)


class City(_Table):
    """A place and what is measured there."""

    place: Json
    """As the geocoding API answers with it."""
    aliases: list[str]
    utc_offset: int
    """Seconds that the local time is ahead of UTC."""
    weather: dict[str, float]
    """Variables by name, as they are now."""
    air: dict[str, float]

    @property
    def names(self) -> set[str]:
        """All that the city is called, folded."""
        return {folded(name) for name in (self.place["name"], *self.aliases)}

    def distance(self, latitude: float, longitude: float) -> float:
        """Give the distance to a point, in degrees of latitude; good enough to tell which city is nearest."""
        east = (self.place["longitude"] - longitude + 180) % 360 - 180
        return math.hypot(self.place["latitude"] - latitude, east * math.cos(math.radians(latitude)))


class Page(_Table):
    """A page of the encyclopedia."""

    title: str
    pageid: int
    description: str
    extract: str
    redirects: list[str] = []
    """Titles that lead to this page."""


class ExchangeRates(_Table):
    """What one euro buys."""

    date: str
    euro: dict[str, float]


class World(_Table):
    """All that the demo upstream knows."""

    now: datetime
    """The moment at which everything stands, in UTC."""
    weather_variables: dict[str, Variable]
    air_variables: dict[str, Variable]
    exchange_rates: ExchangeRates
    cities: list[City]
    countries: Annotated[
        dict[str, Json],
        BeforeValidator(lambda countries: {country["alpha2Code"]: country for country in countries}),
    ]
    """As countries.dev answers with them, by two-letter code."""
    pages: list[Page]

    def nearest_city(self, latitude: float, longitude: float) -> City:
        """Give the city nearest to a point, however far away."""
        return min(self.cities, key=lambda city: city.distance(latitude, longitude))

    def local_time(self, city: City | None) -> datetime:
        """Give the time now on a city's clocks, or in UTC, without a time zone."""
        return self.now.astimezone(UTC).replace(tzinfo=None) + timedelta(seconds=city.utc_offset if city else 0)


def load() -> World:
    """Read the sample data.

    Raises:
        pydantic.ValidationError: the file lacks something or has too much.
    """
    return World.model_validate(tomllib.loads(_FILE.read_text(encoding="utf-8")))


def folded(name: str) -> str:
    """Give a name without case, accents and outer space, to compare names by."""
    letters = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
