"""A gateway with a console over scripted upstreams, on which each policy has something to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fanin.compose.gateway import gateway
from fanin.entrypoints.servers.asgi import Limits
from fanin.local.process.served_line import recorded
from fanin.local.upstream.script import Gives, Script
from fanin.local.upstream.scripted import ScriptedUpstreams
from tests.websocket.server import serving

CONFIGURATION = Path(__file__).with_name("console.toml")
MARKUP = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
TWO = """
[sources.a]
url = "https://a.example"
[sources.b]
url = "https://b.example/{a.id}"
[endpoints.e]
path = "/e"
sources = ["a", "b"]
"""
"""A source that waits for another."""
_REVIEW = {"stars": 5, "text": "Sounds like rain."}
DOWN = Gives({"error": "down"}, 503, delay=0.05)
SCRIPT: Script = {
    "GET /products/{id}": Gives(
        {"sku": "harp", "name": "A harp", "seller": "inês", "reviews": [1, 2, 3, 4, 5], "gift": False, "note": MARKUP},
        delay=0.08,
    ),
    "GET /stock/harp": [DOWN, Gives({"count": 3, "place": "porto"}, delay=0.05)],
    "GET /prices/harp": [Gives({"amount": 1250}, delay=0.4), Gives({"amount": 1250}, delay=0.06)],
    "GET /reviews/4": Gives({"error": "gone"}, 500, delay=0.05),
    "GET /reviews/{n}": Gives(_REVIEW, delay=0.07),
    "GET /rates": Gives({"EUR": 1}, delay=0.05),
    "GET /sellers/{name}": Gives({"name": "Inês"}, delay=0.1),
    "GET /adverts": DOWN,
    "GET /delivery/porto": Gives({"error": MARKUP}, 500, delay=0.09),
}
"""What the shop answers."""


@contextmanager
def console(**environment: str) -> Iterator[tuple[str, ScriptedUpstreams]]:
    """Serve the gateway; gives its address, and the shop."""
    upstreams = ScriptedUpstreams(["shop"])
    upstreams.play(SCRIPT)
    with upstreams.running():
        given = {
            "FANIN_CONFIG": str(CONFIGURATION),
            "FANIN_CONSOLE": "on",
            "FANIN_THREADS": "on",
            "FANIN_ALLOW": "127.0.0.0/8:*",
            "FANIN_VARIABLES": f"shop={upstreams.base_url('shop')}",
            **environment,
        }
        app = gateway(CONFIGURATION.parent, given)
        with serving(Limits(recorded(app, app.state.recent))) as at:
            yield f"http://{at}", upstreams
