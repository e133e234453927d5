"""fanin.lambda_runtime: events in, deadlines, answers out, one line of log for each request."""

import json
import logging
from typing import Any

import pytest

from fanin import edge
from fanin.config.format import GATEWAY_LIMIT
from fanin.contract import Answer
from fanin.errors import unknown_path
from fanin.http_event import HttpRequest
from fanin.lambda_runtime import RESERVE, Invocation, http_handler
from tests.unit.lambda_events import FakeContext, alb, payload_1, payload_2

OK = Answer(200, (("X-Request-Id", "x"), ("Fanin-Sources", "geo=fresh;age=0;attempts=1")), b"{}")


def clock() -> float:
    """Stand still at second 100."""
    return 100.0


def answered(event: Any, context: FakeContext | None = None) -> tuple[dict[str, Any], list[Invocation]]:
    """Hand an event to a handler that answers with `OK`; give the response, and what it was told of the request."""
    seen: list[Invocation] = []

    def serve(_: HttpRequest, invocation: Invocation) -> Answer:
        seen.append(invocation)
        return OK

    return http_handler(serve, clock)(event, context or FakeContext()), seen


def problem_of(response: dict[str, Any]) -> dict[str, Any]:
    """Give the problem in a response."""
    assert response["headers"]["Content-Type"] == "application/problem+json"
    members: dict[str, Any] = json.loads(response["body"])
    assert members["status"] == response["statusCode"]
    return members


class TestDeadlines:
    """When an answer must be there."""

    @pytest.mark.parametrize(
        ("remaining_ms", "seconds"),
        [(10_000, 10 - RESERVE), (900_000, GATEWAY_LIMIT), (29_250, GATEWAY_LIMIT), (100, 0), (0, 0), (-50, 0)],
    )
    def test_it_is_the_remaining_time_less_a_reserve_and_the_gateways_limit_at_most(
        self, remaining_ms: int, seconds: float
    ) -> None:
        """And never in the past."""
        _, (invocation,) = answered(payload_2(), FakeContext(remaining_ms=remaining_ms))
        assert invocation.deadline == pytest.approx(100 + seconds)

    @pytest.mark.parametrize(("timeout", "deadline"), [(3, 103), (20, 110)])
    def test_an_endpoints_timeout_can_only_shorten_it(self, timeout: float, deadline: float) -> None:
        """The smaller of both holds."""
        assert Invocation("id", 110).deadline_within(timeout, clock) == deadline

    def test_under_a_server_the_gateways_limit_holds_alone(self) -> None:
        """With an id of its own for each request."""
        first, second = Invocation.unbounded(clock), Invocation.unbounded(clock)
        assert first.deadline == 100 + GATEWAY_LIMIT
        assert first.request_id != second.request_id


class TestRequests:
    """Events that are HTTP."""

    @pytest.mark.parametrize("event", [payload_2(), payload_1(), alb()], ids=["2.0", "1.0", "alb"])
    def test_the_answer_goes_back_in_the_events_format(self, event: dict[str, Any]) -> None:
        """As the function gave it."""
        response, _ = answered(event)
        assert (response["statusCode"], response["body"]) == (200, "{}")
        assert ("multiValueHeaders" in response) == (event.get("version") == "1.0")
        assert ("statusDescription" in response) == ("elb" in event["requestContext"])

    def test_the_request_id_is_the_gateways_or_else_lambdas(self) -> None:
        """A load balancer gives none."""
        assert answered(payload_2())[1][0].request_id == "gateway-id"
        assert answered(alb())[1][0].request_id == "lambda-id"

    def test_a_refusal_is_answered_with_its_problem(self) -> None:
        """Under the request's id."""

        def serve(_request: HttpRequest, _invocation: Invocation) -> Answer:
            raise unknown_path()

        response = http_handler(serve, clock)(payload_2("/nowhere"), FakeContext())
        assert response["statusCode"] == 404
        assert problem_of(response)["request_id"] == response["headers"]["X-Request-Id"] == "gateway-id"

    @pytest.mark.parametrize(
        ("status", "event"),
        [
            (414, payload_2("/" + "a" * edge.MAX_TARGET)),
            (414, payload_2("/", "&".join(["a=1"] * (edge.MAX_VALUES + 1)))),
            (431, payload_2(headers={"a": "b" * edge.MAX_HEADERS})),
            (413, payload_2(body="x" * (edge.MAX_BODY + 1))),
            (400, payload_2(rawPath=5)),
        ],
        ids=["path", "values", "headers", "body", "malformed"],
    )
    def test_what_is_refused_at_the_edge_is_not_served(self, status: int, event: dict[str, Any]) -> None:
        """Whatever function stands behind it."""
        response, seen = answered(event)
        assert (problem_of(response)["status"], seen) == (status, [])


class TestOtherEvents:
    """Events that are not HTTP get a typed answer."""

    @pytest.mark.parametrize(
        "event", [None, [], "ping", {}, {"warmer": True}, {"Records": []}, {"Records": "x"}], ids=repr
    )
    def test_they_are_answered_by_a_problem(self, event: object) -> None:
        """Not by a stack trace, and not by the function."""
        response, seen = answered(event)
        assert response["statusCode"] == 400
        assert problem_of(response)["type"].endswith("/not-http")
        assert problem_of(response)["request_id"] == "lambda-id"
        assert "batchItemFailures" not in response
        assert not seen

    def test_a_queues_batch_is_handed_back_whole(self) -> None:
        """So that a wrong wiring loses no message."""
        event = {"Records": [{"messageId": "1", "body": "a"}, {"messageId": "2", "body": "b"}]}
        response, _ = answered(event)
        assert response["batchItemFailures"] == [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]

    def test_records_without_ids_are_no_batch(self) -> None:
        """As S3's and SNS's."""
        assert "batchItemFailures" not in answered({"Records": [{"s3": {}}, 5]})[0]


class TestInternalErrors:
    """fanin itself fails."""

    @staticmethod
    def broken(_request: HttpRequest, _invocation: Invocation) -> Answer:
        """Fail, with a secret in the message."""
        raise ZeroDivisionError("token=hunter2 at 10.0.0.5")

    def test_they_become_500_with_the_reason_only_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        """Under the request's id in both."""
        response = http_handler(self.broken, clock)(payload_2(), FakeContext())
        assert problem_of(response)["type"].endswith("/internal-error")
        assert response["statusCode"] == 500
        assert "hunter2" not in json.dumps(response)
        assert "ZeroDivisionError" not in json.dumps(response)
        (record,) = [record for record in caplog.records if record.exc_info]
        assert record.exc_info
        assert record.exc_info[0] is ZeroDivisionError
        assert vars(record)["request_id"] == problem_of(response)["request_id"] == "gateway-id"

    def test_the_next_request_is_served(self) -> None:
        """A failure leaves nothing behind."""
        replies = iter([None, OK])

        def serve(_request: HttpRequest, _invocation: Invocation) -> Answer:
            if (reply := next(replies)) is None:
                raise ZeroDivisionError
            return reply

        handler = http_handler(serve, clock)
        assert [handler(payload_2(), FakeContext())["statusCode"] for _ in range(2)] == [500, 200]


class TestLog:
    """One line for each request."""

    def lines(self, caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
        """Give the fields of the requests' lines."""
        return [vars(record) for record in caplog.records if record.name == "fanin" and record.msg == "request"]

    def test_it_says_what_was_asked_and_what_it_came_to(self, caplog: pytest.LogCaptureFixture) -> None:
        """With the time that it took and what every source came to."""
        times = iter([100.0, 100.0425])
        caplog.set_level(logging.INFO, "fanin")
        handler = http_handler(lambda _request, _invocation: OK, lambda: next(times))
        handler(payload_2("/trip/x", "token=hunter2", headers={"authorization": "Bearer hunter2"}), FakeContext())
        (line,) = self.lines(caplog)
        assert (line["method"], line["path"], line["status"]) == ("GET", "/trip/x", 200)
        assert (line["request_id"], line["duration_ms"], line["levelno"]) == ("gateway-id", 42.5, logging.INFO)
        assert line["sources"] == "geo=fresh;age=0;attempts=1"
        assert "hunter2" not in repr(line)

    def test_a_failure_is_a_warning(self, caplog: pytest.LogCaptureFixture) -> None:
        """So that it can be counted, since Lambda counts none."""
        http_handler(lambda _request, _invocation: Answer(502, (), b""), clock)(payload_2(), FakeContext())
        assert [line["levelno"] for line in self.lines(caplog)] == [logging.WARNING]
