"""Pages on other origins may ask both parts of the server for endpoints, and never for the admin."""

import http.client
import urllib.parse

from tests.server.conftest import APP


def _ask(url: str, method: str, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    connection.request(method, path, headers={"Origin": APP, "Access-Control-Request-Method": "GET"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def test_a_page_may_ask_for_endpoints_and_not_for_the_admin(open_url: str) -> None:
    for prefix in ("", "/threads", "/django", "/django/async"):
        preflight = _ask(open_url, "OPTIONS", f"{prefix}/trip/Lisbon")
        assert (preflight.status, preflight.headers["access-control-allow-methods"]) == (204, "GET, HEAD"), prefix
        assert _ask(open_url, "GET", f"{prefix}/trip/Lisbon").headers["access-control-allow-origin"] == APP, prefix
    for path in ("/admin/login/", "/admin/", "/static/admin/css/base.css"):
        for method in ("GET", "OPTIONS"):
            headers = _ask(open_url, method, path).headers
            assert not [name for name in headers if name.lower().startswith("access-control-")], (method, path)
