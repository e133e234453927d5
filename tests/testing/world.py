"""A fanin.toml, and what its sources answer."""

import pytest

from fanin.testing import Script, gives

TOML = """
fanin = 1

[variables]
geo = "https://geo.example"

[sources.geo]
url = "{$geo}/search?name={city}"
pick = "results[0]"
timeout = "1s"

[sources.weather]
url = "https://weather.example/{geo.lat}?days={days}"
timeout = "800ms"
max_bytes = "1kB"

[sources.air]
url = "https://air.example/{geo.lat}"
method = "POST"
body = { lat = "{geo.lat}" }

[endpoints.trip]
path = "/trip/{city}"
sources = ["geo", "weather", "air"]
required = ["geo"]
timeout = "2s"

[endpoints.trip.parameters.days]
type = "integer"
default = 3

[endpoints.place]
path = "/place/{city}"
sources = ["geo"]
"""

LISBON = gives({"results": [{"name": "Lisbon", "lat": 38.7}]}, after=0.1)
WORLD: dict[str, Script] = {"geo": LISBON, "weather": gives({"t": 21}, after=0.3), "air": gives({"aqi": 30}, after=0.2)}

MODELS = pytest.mark.parametrize("prefix", ["", "/threads", "/sync", "/sync-threads"])
"""For a test that every execution model passes."""
