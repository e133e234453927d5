"""No request reaches an address that is not public, however it is written, answered or led to; public ones are."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fanin.config import parse
from fanin.config.finding import ConfigError
from tests.contract.ask import Ask, Question
from tests.faults.addresses import HOSTS, NAMES, PUBLIC
from tests.faults.network import Network, watched
from tests.faults.process import FaultServer, serving
from tests.faults.recorder import Recorder

FUNCTIONS = ("gateway", "sync")
EVERYTHING = "0.0.0.0/0:* [::/0]:*"
REFUSED = "address-refused"


def source(name: str, url: str, *more: str) -> str:
    """Write a source, and an endpoint of its own."""
    keys = "\n".join((f"url = '{url}'", 'timeout = "2s"', *more))
    return f'[sources.{name}]\n{keys}\n[endpoints.{name}]\npath = "/{name}"\nsources = ["{name}"]\n'


def loads(url: str) -> bool:
    """Tell whether a file with this URL can be served."""
    try:
        parse(f"fanin = 1\n{source('a', url)}", {})
    except ConfigError:
        return False
    return True


ALL = [host for hosts in HOSTS.values() for host in hosts]
ASKED = {f"h{number}": host for number, host in enumerate(ALL) if loads(f"http://{host}/")}
"""The hosts that are not already refused when the file is loaded, by the names of their sources."""


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Serve an endpoint of three sources for each host, in an environment that allows nothing."""
    toml = "".join(
        f"[sources.{name}{kind}]\nurl = '{url}'\ntimeout = \"2s\"\n"
        for name, host in ASKED.items()
        for kind, url in (("", f"http://{host}/"), ("p", f"http://{host}:8080/x"), ("s", f"https://{host}/"))
    )
    toml += "".join(
        f'[endpoints.{name}]\npath = "/{name}"\nsources = ["{name}", "{name}p", "{name}s"]\n' for name in ASKED
    )
    with serving(toml, tmp_path_factory.mktemp("refusing"), {}) as functions:
        yield functions


def test_an_at_sign_behind_the_question_mark_is_the_querys() -> None:
    """The host ends before it (RFC 3986, section 3.2)."""
    read = parse(f"fanin = 1\n{source('a', 'http://public.example?@127.0.0.1/')}", {}).sources["a"]
    assert read.origins_by_key == {"url": "http://public.example"}
    assert urlsplit(read.request({}).url).hostname == "public.example"


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ASKED, ids=ASKED.get)
def test_no_connection_is_made_to_what_is_not_public(refusing: dict[str, Ask], function: str, name: str) -> None:
    """By http and https, with a port and without, in any notation; the failure is of a known type."""
    with watched(Network(NAMES)) as network:
        outcomes = refusing[function](Question(f"/{name}")).sources
    assert network.connected == []
    assert outcomes.keys() == {name, f"{name}p", f"{name}s"}
    assert set(outcomes.values()) <= {REFUSED, "source-unavailable"}


@pytest.mark.parametrize("host", sorted(set(ALL) - set(ASKED.values())))
def test_the_others_are_mistakes_of_the_file(host: str) -> None:
    """So that the function does not even start."""
    for url in (f"http://{host}/", f"https://{host}/", f"http://{host}:8080/"):
        with pytest.raises(ConfigError):
            parse(f"fanin = 1\n{source('a', url)}", {})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_public_hosts_are_connected_to(function: str, tmp_path: Path) -> None:
    """At the address that was checked; these are what shows that the guard is none that refuses everything."""
    names = {f"p{number}": host for number, host in enumerate(PUBLIC)}
    with serving("".join(source(name, f"http://{host}/") for name, host in names.items()), tmp_path, {}) as functions:
        for name, host in names.items():
            with watched(Network(NAMES)) as network:
                outcome = functions[function](Question(f"/{name}")).sources[name]
            assert network.connected[:1] == [(PUBLIC[host], 80)], host
            assert outcome == "source-unavailable"


MISTAKEN = [
    "file:///etc/passwd",
    "ftp://public.example/",
    "gopher://127.0.0.1:6379/_",
    "dict://127.0.0.1:11211/",
    "ws://public.example/",
    "javascript:alert(1)",
    "data:,x",
    "unix:///var/run/docker.sock",
    "http:/127.0.0.1/",
    "http:127.0.0.1/",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "/x",
    "http://",
    "http://user@127.0.0.1/",
    "http://user:password@public.example/",
    "http://public.example@127.0.0.1/",
    "http://public.example:80@127.0.0.1/",
    "http://public.example#@127.0.0.1/",
    "http://public.example\\@127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http://public.example /",
    " http://public.example/",
    "http://public.example\t/",
    "http://public.example:99999/",
    "http://public.example:-1/",
    "http://public.example:80:90/",
    "http://public.example:٨٠/",
    "http://public.example/../x",
    "http://public.example/a/./x",
    "http://public.example/%2e%2e/x",
    "http://public.example/a/.%2E/x",
    "http://{host}/",
    "{scheme}://public.example/",
    "http://public.example:{port}/",
    "http://public.example{path}/",
    "http://{host}.public.example/",
    "http://public.example?{query}#",
]


@pytest.mark.parametrize("url", MISTAKEN)
def test_what_is_no_url_of_a_source_is_a_mistake_of_the_file(url: str) -> None:
    """Other schemes, user info, fragments, dot segments, and references that stand for where a request goes."""
    assert not loads(url)
    with pytest.raises(ConfigError):
        parse(f"fanin = 1\n[variables]\nbase = '{url}'\n{source('a', '{$base}')}", {})


@pytest.mark.parametrize("function", FUNCTIONS)
class TestRebinding:
    """Names that answer differently each time."""

    @pytest.mark.parametrize("later", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
    def test_what_was_checked_is_what_is_connected_to(self, function: str, tmp_path: Path, later: str) -> None:
        """A name is looked up once for a connection; a later answer is checked anew."""
        answers = iter([["8.8.8.8"], [later], ["8.8.8.8"], [later]])
        with (
            serving(source("a", "http://rebinding.example/"), tmp_path, {}) as functions,
            watched(Network({"rebinding.example": lambda: next(answers)})) as network,
        ):
            outcomes = [functions[function](Question("/a")).sources["a"] for _ in range(4)]
        assert outcomes == ["source-unavailable", REFUSED] * 2
        assert network.connected == [("8.8.8.8", 80)] * 2
        assert network.looked_up == ["rebinding.example"] * 4


@pytest.mark.parametrize("function", FUNCTIONS)
class TestAllowed:
    """What environment and source allow together."""

    def outcome(
        self, function: str, folder: Path, url: str, allow: str, *keys: str
    ) -> tuple[str, list[tuple[str, int]]]:
        """Ask a source once."""
        with (
            serving(source("a", url, *keys), folder, {"FANIN_ALLOW": allow}) as functions,
            watched(Network(NAMES)) as network,
        ):
            return functions[function](Question("/a")).sources["a"], network.connected

    @pytest.mark.parametrize("url", ["http://10.0.0.1:8080/", "http://private.example:8080/"])
    def test_a_private_address_needs_both(self, function: str, tmp_path: Path, url: str) -> None:
        """The environment's word and the source's."""
        private, allow = "private = true", "10.0.0.0/8:8080"
        assert self.outcome(function, tmp_path, url, "") == (REFUSED, [])
        assert self.outcome(function, tmp_path, url, "", private) == (REFUSED, [])
        assert self.outcome(function, tmp_path, url, allow) == (REFUSED, [])
        assert self.outcome(function, tmp_path, url, "10.0.0.0/8:443", private) == (REFUSED, [])
        outcome, (connected,) = self.outcome(function, tmp_path, url, allow, private)
        assert outcome == "source-unavailable"
        assert connected[1] == 8080

    @pytest.mark.parametrize("host", ["[64:ff9b::7f00:1]", "[::ffff:127.0.0.1]", "[64:ff9b::a00:1]", "[::ffff:a00:1]"])
    def test_an_entry_permits_an_address_as_it_is_written(self, function: str, tmp_path: Path, host: str) -> None:
        """One that stands for it leads elsewhere, or is there to get around the check."""
        allow = "127.0.0.0/8:* 10.0.0.0/8:*"
        for private in ("private = true", "private = false"):
            assert self.outcome(function, tmp_path, f"http://{host}:8080/", allow, private) == (REFUSED, [])

    def test_loopback_needs_the_environments_alone(self, function: str, tmp_path: Path) -> None:
        """On a laptop every upstream is there, and in the cloud the list is empty."""
        assert self.outcome(function, tmp_path, "http://127.0.0.1:1/", "")[1] == []
        assert self.outcome(function, tmp_path, "http://127.0.0.1:1/", "127.0.0.0/8:*")[1] == [("127.0.0.1", 1)]

    @pytest.mark.parametrize(
        "host",
        [
            *HOSTS["metadata"],
            "0.0.0.0",
            "[::]",
            "[fe80::1]",
            "[::ffff:169.254.169.254]",
            "[::169.254.169.254]",
            "[::ffff:0:169.254.169.254]",
            "[64:ff9b::169.254.169.254]",
            "[64:ff9b:1::169.254.169.254]",
            "[64:ff9b:1:a9fe:a9:fe00::]",
            "[64:ff9b:1:a9:fe:a9fe::]",
            "[64:ff9b:1::a9:fea9:fe00:0]",
            "[2002:a9fe:a9fe::1]",
            "[2001:0:a9fe:a9fe::1]",
            "[2001::5601:5601]",
            "[2606:4700::5efe:169.254.169.254]",
        ],
    )
    def test_metadata_is_never_reached(self, function: str, tmp_path: Path, host: str) -> None:
        """Even where everything is allowed, and the source is private."""
        outcome, connected = self.outcome(function, tmp_path, f"http://{host}/", EVERYTHING, "private = true")
        assert connected == []
        assert outcome in {REFUSED, "source-unavailable"}  # httpx takes no octal numbers

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::1]"],
    )
    def test_lambdas_runtime_api_is_never_reached(self, function: str, tmp_path: Path, host: str) -> None:
        """At its usual port, or where the environment says it is."""
        for port, runtime_api in ((9001, ""), (9001, "127.0.0.1:9123"), (9123, "127.0.0.1:9123")):
            environment = {"FANIN_ALLOW": EVERYTHING, "AWS_LAMBDA_RUNTIME_API": runtime_api}
            toml = source("a", f"http://{host}:{port}/2018-06-01/runtime/invocation/next", "private = true")
            with serving(toml, tmp_path, environment) as functions, watched(Network(NAMES)) as network:
                assert functions[function](Question("/a")).sources["a"] == REFUSED
            assert network.connected == []

    def test_a_kept_connection_is_of_no_use_to_a_source_that_is_not_private(
        self, function: str, tmp_path: Path
    ) -> None:
        """Both name the same host; only one may talk to it."""
        url = "http://private.example:8080/"
        toml = source("inside", url, "private = true") + source("outside", url)
        with Recorder() as server, serving(toml, tmp_path, {"FANIN_ALLOW": "10.0.0.0/8:8080"}) as functions:
            with watched(Network(NAMES, {("10.0.0.1", 8080): server.port})):
                states = [functions[function](Question(f"/{name}")).sources[name] for name in ("inside", "outside")]
            assert states == ["fresh", REFUSED]
            assert len(server.requests) == 1


LOCATIONS = [
    "http://10.0.0.1/",
    "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "http://169.254.169.254/latest/meta-data/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://private.example/",
    "//private.example/",
    "http://localhost/",
    "http://①②⑦.⓪.⓪.①/",
    "http://user@10.0.0.1/",
    "http://xn--/",
    "http:\\\\10.0.0.1\\",
    "http://public.example\\@10.0.0.1/",
    "file:///etc/passwd",
    "gopher://10.0.0.1/",
    "https://private.example/",
]


@pytest.mark.parametrize("function", FUNCTIONS)
class TestRedirects:
    """A server that says: elsewhere."""

    def asked(
        self, function: str, folder: Path, locations: dict[str, str], *keys: str
    ) -> tuple[str, list[bytes], Network]:
        """Ask for /start of a server whose paths lead to these locations, or to an answer."""

        def answer(request: bytes) -> bytes:
            location = locations.get(request.split(b" ")[1].decode())
            if location is None:
                return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
            return b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % location.encode()

        headers = 'headers = { Authorization = "Bearer x", X-Key = "y" }'
        with (
            Recorder(answer) as server,
            serving(source("a", "http://public.example/start", headers, *keys), folder, {}) as functions,
            watched(
                Network(NAMES, {(address, 80): server.port for address in ("93.184.215.14", "1.1.1.1")})
            ) as network,
        ):
            outcome = functions[function](Question("/a")).sources["a"]
        return outcome, server.requests, network

    @pytest.mark.parametrize("location", [*LOCATIONS, "/next", "http://public.example/next"])
    def test_none_is_followed_unless_the_source_says_so(self, function: str, tmp_path: Path, location: str) -> None:
        """The redirect is the answer, and none that is wanted."""
        outcome, requests, network = self.asked(function, tmp_path, {"/start": location})
        assert outcome == "source-rejected"
        assert len(requests) == len(network.connected) == 1

    @pytest.mark.parametrize("location", LOCATIONS)
    def test_where_it_leads_is_checked(self, function: str, tmp_path: Path, location: str) -> None:
        """As the source's own URL is."""
        outcome, requests, network = self.asked(function, tmp_path, {"/start": location}, "redirects = 5")
        assert outcome in {REFUSED, "source-rejected", "source-unavailable"}
        assert len(requests) == 1
        assert network.connected == [("93.184.215.14", 80)]

    def test_it_is_followed_as_often_as_the_source_says(self, function: str, tmp_path: Path) -> None:
        """And no further."""
        locations = {"/start": "/b?x=1#y", "/b?x=1": "http://public.example/c"}
        outcome, requests, _ = self.asked(function, tmp_path, locations, "redirects = 2")
        assert outcome == "fresh"
        assert [request.split(b" ")[1] for request in requests] == [b"/start", b"/b?x=1", b"/c"]
        assert all(b"Authorization: Bearer x" in request for request in requests)
        assert self.asked(function, tmp_path, locations, "redirects = 1")[0] == "source-rejected"
        outcome, requests, _ = self.asked(function, tmp_path, {"/start": "/start"}, "redirects = 5")
        assert (outcome, len(requests)) == ("source-rejected", 6)

    def test_another_origin_gets_none_of_the_sources_headers(self, function: str, tmp_path: Path) -> None:
        """Nor do they come back on the way back."""
        locations = {"/start": "http://other.example/there", "/there": "http://public.example/back"}
        outcome, requests, _ = self.asked(function, tmp_path, locations, "redirects = 2")
        assert outcome == "fresh"
        assert [b"X-Key" in request or b"Bearer" in request for request in requests] == [True, False, False]
        assert b"\r\nHost: other.example\r\n" in requests[1]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_weaker_scheme_is_never_followed(function: str, faults: FaultServer, tmp_path: Path) -> None:
    """What was asked for over TLS is not asked for without it."""
    toml = source("a", faults.url("tls-redirect"), "redirects = 1")
    with serving(toml, tmp_path, authority=faults.authority) as functions:
        assert functions[function](Question("/a")).sources["a"] == "source-rejected"
