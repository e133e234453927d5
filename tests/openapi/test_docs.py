"""The page asks nothing of any other server, and is right wherever it is served."""

import base64
import hashlib
import re

from tests.contract.ask import Ask, Question

_SMALL = 25_000
"""Bytes."""


def _page(gateway: Ask) -> str:
    return gateway(Question("/docs")).content.decode()


def test_is_served(gateway: Ask) -> None:
    """It is a page, small, with the request's id on it."""
    reply = gateway(Question("/docs"))
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["x-request-id"]
    assert reply.content.startswith(b"<!doctype html>")
    assert len(reply.content) < _SMALL


def test_asks_no_other_server(gateway: Ask) -> None:
    """There is no address in it but relative ones, which are right behind a stage's name too."""
    page = _page(gateway)
    named = page.replace('"http://www.w3.org/2000/svg"', "")  # the name of what drawings are, and no address
    assert "//" not in re.sub(r"(?:^|[;{])\s*//.*$", "", named, flags=re.MULTILINE)
    assert not re.search(r'(?:src|href|fetch\()\s*=?\s*["\'(]/', page)
    assert 'fetch("openapi.json")' in page
    assert 'new URL("." + path, location.href)' in page


def test_its_policy_permits_itself_alone(gateway: Ask) -> None:
    """The policy names the digests of what is inline, and there is nothing else to run: no handler in an attribute."""
    reply = gateway(Question("/docs"))
    page, policy = reply.content.decode(), reply.headers["content-security-policy"]
    for kind in ("style", "script"):
        (inline,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"<[^>]+\s(?:on\w+|style)=", page)


def test_writes_no_markup_from_data(gateway: Ask) -> None:
    """What an answer holds is shown as text."""
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", _page(gateway))
