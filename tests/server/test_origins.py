"""Pages on other origins may ask both parts of the server for endpoints, and never for the admin."""

import http.client
import urllib.parse
from pathlib import Path

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.process import Upstream
from tests.server.serving import serving
from tests.servers.servers import environment

APP = "https://app.example.com"


def _ask(url: str, method: str, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    connection.request(method, path, headers={"Origin": APP, "Access-Control-Request-Method": "GET"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.mark.parametrize("composition", ["mounted", "beside"])
def test_a_page_may_ask_for_endpoints_and_not_for_the_admin(
    composition: str, upstream: Upstream, tmp_path: Path
) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text((ROOT / "fanin.toml").read_text() + f'\n[cors]\norigins = ["{APP}"]\ncredentials = true\n')
    given = environment(upstream) | {"FANIN_CONFIG": str(file)}
    with serving(tmp_path, given, composition) as url:
        for prefix in ("", "/threads", "/django", "/django/async"):
            preflight = _ask(url, "OPTIONS", f"{prefix}/trip/Lisbon")
            assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (204, "GET, HEAD"), prefix
            assert _ask(url, "GET", f"{prefix}/trip/Lisbon").headers["access-control-allow-origin"] == APP, prefix
        for path in ("/admin/login/", "/admin/", "/static/admin/css/base.css"):
            for method in ("GET", "OPTIONS"):
                headers = _ask(url, method, path).headers
                assert not [name for name in headers if name.lower().startswith("access-control-")], (method, path)
