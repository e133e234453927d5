"""The call log: filled behind the responses, and searched and filtered in the admin."""

import urllib.error
from datetime import UTC, datetime, timedelta

import pytest

from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question
from tests.server.serving import Admin


def test_every_call_is_logged_and_can_be_found(
    functions: dict[str, Ask], admin: Admin, upstream: Upstream, mark: str
) -> None:
    upstream.rules({"open-meteo-air-quality": {"fail": "status", "status": 503}})
    asked = {name: ask(Question("/air/Lisbon", f"{mark}.{name}.")) for name, ask in functions.items()}
    upstream.reset()
    geo, air = ("geo", "fresh", "502"), ("air", "source-unavailable", "502")
    for name, reply in asked.items():
        by = f"{mark}.{name}."
        assert sorted(admin.await_calls(2, q=by)) == [air, geo]
        assert sorted(admin.calls(q=reply.headers["x-request-id"])) == [air, geo]
        assert admin.calls(q=by, source__exact="air") == [air]
        assert admin.calls(q=by, outcome__exact="fresh") == [geo]
        assert admin.calls(q=by, status__exact="200") == []


def test_the_log_is_filtered_by_source_outcome_status_and_time(
    admin: Admin, functions: dict[str, Ask], mark: str
) -> None:
    by = f"{mark}.time"
    functions["gateway"](Question("/air/Lisbon", by))
    admin.await_calls(2, q=by)
    page = admin.get("/admin/calls/call/")
    for title in ("By source", "By outcome", "By status", "By time"):
        assert title in page
    now = datetime.now(UTC)
    assert len(admin.calls(q=by, at__gte=(now - timedelta(hours=1)).isoformat())) == 2
    assert admin.calls(q=by, at__gte=(now + timedelta(hours=1)).isoformat()) == []


def test_nobody_writes_it(admin: Admin) -> None:
    assert "/admin/calls/call/add/" not in admin.home
    with pytest.raises(urllib.error.HTTPError, match="403"):
        admin.get("/admin/calls/call/add/")
