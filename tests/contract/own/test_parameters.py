"""Parameters in every place, of every form, in every execution model."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives

UPSTREAM = {"GET /found": Gives(1), "POST /listed": Gives(2)}
TENANT = {"x-tenant": "acme"}


def find(query: str, found: str, **headers: str) -> Case:
    """Ask with a query; say what the upstream is asked."""
    question = Question("/find", query, headers=TENANT | headers)
    return Case(f"{query} {headers}", question, {"found": 1}, UPSTREAM, asked=[f"GET /found?{found}"])


def refused(path: str, headers: dict[str, str], **parameters: str) -> Case:
    """Be refused, with the names on the wire."""
    path, _, query = path.partition("?")
    question = Question(path, query, headers=headers)
    body = {"title": "Bad parameter", "parameters": parameters}
    return Case(f"{path} {query} {headers}", question, body, UPSTREAM, status=422, complete=None, asked=[])


def listed(path: str, ids: Any, langs: Any, kind: Any = None, **headers: str) -> Case:
    """Ask with lists; say what the upstream is sent."""
    path, _, query = path.partition("?")

    def sent(_: Reply, asked: Sequence[Asked]) -> None:
        assert asked[0].json == {"ids": ids, "langs": langs} | ({} if kind is None else {"kind": kind})

    return Case(
        f"{path} {query} {headers}", Question(path, query, headers=headers), {"listed": 2}, UPSTREAM, check=sent
    )


_REST = "page=10&state=O&tenant=acme&who=nobody&sort=name"
CASES = [
    Case("whole", "/point?lat=-38.50", {"point": 3}, {"GET /points/-38.5,8": Gives(3)}),
    Case("no fraction", "/point?lat=38.0&lon=9e0", {"point": 3}, {"GET /points/38,9": Gives(3)}),
    find("", f"tag=all&{_REST}"),
    find("filter[tag]=aa", f"tag=aa&{_REST}"),
    find("filter%5Btag%5D=aa&filter%5Btag%5D=bb", f"tag=aa&tag=bb&{_REST}"),
    find("tags=zz&page_size=3&tenant=other&sid=x", f"tag=all&{_REST}"),
    find("pageSize=7&pageSize=8", f"tag=all&{_REST.replace('10', '8')}"),
    find("state=closed", f"tag=all&{_REST.replace('state=O', 'state=0')}"),
    find("sort=age", f"tag=all&{_REST.replace('name', 'age')}"),
    find("after=abc", "tag=all&page=10&state=O&after=abc&tenant=acme&who=nobody&sort=name"),
    find("", f"tag=all&{_REST.replace('nobody', 'me')}", cookie='a=1; sid="me"; {"odd": json}'),
    refused("/find", {}, **{"X-Tenant": "field required"}),
    refused(
        "/find?filter[tag]=aa&filter[tag]=b",
        TENANT,
        **{"filter[tag]": "item 2: string should have at least 2 characters"},
    ),
    refused("/find?filter[tag]=AA", TENANT, **{"filter[tag]": "item 1: string should match pattern '^(?:[a-z]+)$'"}),
    refused(
        "/find?" + "&".join(["filter[tag]=aa"] * 4),
        TENANT,
        **{"filter[tag]": "list should have at most 3 items after validation, not 4"},
    ),
    refused(
        "/find?pageSize=99&state=O",
        TENANT,
        pageSize="input should be less than or equal to 50",
        state="input should be one of 'open', 'closed'",
    ),
    refused("/find?sort=size", TENANT, sort="input should be one of 'name', 'age'"),
    refused("/find?after=a", TENANT, after="string should have at least 3 characters"),
    listed("/list/1", [1], ["en"]),
    listed("/list/1,2,3", [1, 2, 3], ["de", "fr"], **{"x-langs": "de , fr,"}),
    listed("/list/1?kinds=a%7Cb", [1], ["en"], [1, 2]),
    listed("/list/1?kinds=", [1], ["en"]),
    refused("/list/1,x", {}, ids="item 2: input should be an integer, in digits only"),
    refused("/list/1?kinds=a%7Cc", {}, kinds="item 2: input should be one of 'a', 'b'"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    hold("parameters", case)
