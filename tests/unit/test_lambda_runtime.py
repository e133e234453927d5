"""fanin.entrypoints.aws_lambda.handler: events in, deadlines, answers out, and each request told to who watches."""

import io
import json
import logging
from typing import Any

import pytest

from fanin.config.format import GATEWAY_LIMIT
from fanin.contract import request_limits
from fanin.contract.answers import Answer
from fanin.engine.invocation import Invocation
from fanin.engine.refusals import unknown_path
from fanin.entrypoints.aws_lambda.event import HttpRequest
from fanin.entrypoints.aws_lambda.handler import RESERVE, Around, Observability, http_handler
from fanin.observability import logs
from fanin.observability.redact import redactor
from fanin.observability.served import Served
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

    return http_handler(serve, Around(clock))(event, context or FakeContext()), seen


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

        response = http_handler(serve, Around(clock))(payload_2("/nowhere"), FakeContext())
        assert response["statusCode"] == 404
        assert problem_of(response)["request_id"] == response["headers"]["X-Request-Id"] == "gateway-id"

    @pytest.mark.parametrize(
        ("status", "event"),
        [
            (414, payload_2("/" + "a" * request_limits.MAX_TARGET)),
            (414, payload_2("/", "&".join(["a=1"] * (request_limits.MAX_VALUES + 1)))),
            (431, payload_2(headers={"a": "b" * request_limits.MAX_HEADERS})),
            (413, payload_2(body="x" * (request_limits.MAX_BODY + 1))),
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

    def test_they_become_500_with_the_reason_only_in_the_log(self) -> None:
        """Under the request's id in both, and without what looks like a secret in either."""
        lines = io.StringIO()
        logs.configure(logging.INFO, redactor(), lines)
        response = http_handler(self.broken, Around(clock))(payload_2(), FakeContext())
        assert problem_of(response)["type"].endswith("/internal-error")
        assert response["statusCode"] == 500
        assert "hunter2" not in json.dumps(response)
        assert "ZeroDivisionError" not in json.dumps(response)
        error, _ = (json.loads(line) for line in lines.getvalue().splitlines())
        assert (error["errorType"], error["errorMessage"]) == ("ZeroDivisionError", "token=*** at ***")
        assert error["request_id"] == problem_of(response)["request_id"] == "gateway-id"
        assert "hunter2" not in lines.getvalue()

    def test_the_next_request_is_served(self) -> None:
        """A failure leaves nothing behind."""
        replies = iter([None, OK])

        def serve(_request: HttpRequest, _invocation: Invocation) -> Answer:
            if (reply := next(replies)) is None:
                raise ZeroDivisionError
            return reply

        handler = http_handler(serve, Around(clock))
        assert [handler(payload_2(), FakeContext())["statusCode"] for _ in range(2)] == [500, 200]


class TestWatch:
    """Whoever watches is told of each request."""

    @staticmethod
    def told(event: dict[str, Any], answer: Answer = OK) -> tuple[Served, Served]:
        """Serve the same event twice; give what was told of each."""
        told: list[Served] = []
        clock, processor = iter((100.0, 100.0425) * 2), iter((5.0, 5.0025) * 2)
        observability = Observability(told.append, processor=lambda: next(processor))
        handler = http_handler(lambda _request, _invocation: answer, Around(lambda: next(clock), observability))
        for _ in range(2):
            handler(event, FakeContext())
        first, second = told
        return first, second

    def test_it_is_told_what_was_asked_and_what_it_took(self) -> None:
        """By the clock, and by the processor; and whether it was the first."""
        event = payload_2("/trip/x", "token=hunter2", headers={"authorization": "Bearer hunter2"})
        first, second = self.told(event)
        assert (first.method, first.path, first.status) == ("GET", "/trip/x", 200)
        assert first.seconds == pytest.approx(0.0425)
        assert first.busy == pytest.approx(0.0025)
        assert (first.cold_start, second.cold_start) == (True, False)
        assert "hunter2" not in repr(first)

    def test_one_that_fails_takes_no_answer_away(self, caplog: pytest.LogCaptureFixture) -> None:
        """The answer goes out, and the log says why nobody was told."""

        def fails(_: Served) -> None:
            raise BrokenPipeError

        handler = http_handler(lambda _request, _invocation: OK, Around(clock, Observability(fails)))
        assert handler(payload_2(), FakeContext())["statusCode"] == 200
        (record,) = caplog.records
        assert record.exc_info
        assert record.exc_info[0] is BrokenPipeError

    def test_it_is_told_of_refusals_and_failures_too(self) -> None:
        """Of an event that cannot be read it hears what can be said."""
        assert self.told(payload_2("/" + "a" * request_limits.MAX_TARGET))[0].status == 414
        malformed, _ = self.told(payload_2(rawPath=5))
        assert (malformed.method, malformed.path, malformed.status) == ("", "", 400)
        assert self.told(payload_2(), Answer(502, (), b""))[0].status == 502

    def test_every_line_of_a_request_names_it_and_its_trace(self) -> None:
        """From the event's ids to those of X-Ray and of the caller's trace."""
        traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
        lines = io.StringIO()
        logs.configure(logging.INFO, redactor(), lines)
        handler = http_handler(lambda _request, _invocation: OK, Around(clock, Observability(xray=lambda: xray)))
        handler(payload_2(headers={"traceparent": traceparent}), FakeContext())
        line = json.loads(lines.getvalue())
        assert (line["request_id"], line["lambda_request_id"]) == ("gateway-id", "lambda-id")
        assert line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert line["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
        assert (line["message"], line["cold_start"]) == ("request", True)
