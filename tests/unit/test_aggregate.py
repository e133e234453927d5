"""fanin.engine.aggregation: one request's way through a plan, whatever runs its calls."""

from typing import Any

import orjson
import pytest

from fanin.config.template import Scalar
from fanin.config.values import Json
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call, Request
from fanin.engine.document import Asked
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.errors import DependencyFailed, NotFound, RequestError, SourceUnavailable, SourceUndecodable, ValueRefused
from tests.unit.scenario import config_of, fails, gives, scenario

CHAIN = """
[sources.a]
url = "https://a.example"
[sources.b]
url = "https://b.example/{a.x}"
[sources.c]
url = "https://c.example/{b.x}"
[sources.other]
url = "https://other.example"
[endpoints.e]
path = "/e"
sources = ["b", "c", "other"]
"""


def request_of(lines: str, **parameters: Scalar) -> Request:
    """Give the request of the one call of a source with these lines."""
    config = config_of(
        f'[sources.a]\n{lines}\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
        + "".join(f'[endpoints.e.parameters.{name}]\ntype = "{_type_of(v)}"\n' for name, v in parameters.items())
    )
    plan = Plan.of(config.endpoints["e"], config.sources)
    plan.check(parameters)
    (call,) = Aggregation(plan, Asked(parameters), 10.0, lambda: 0.0).start()
    return call.request


def _type_of(value: Scalar) -> str:
    return {str: "string", int: "integer", float: "number", bool: "boolean"}[type(value)]


class TestRequests:
    """What goes over the wire for a call."""

    def test_a_get_has_the_url_with_its_values(self) -> None:
        """Percent-encoded, with the source's own headers and no body."""
        lines = 'url = "https://a.example/{city}?n={n}&f={f}"\nheaders = { X-City = "<{city}>" }'
        request = request_of(lines, city="a b", n=3, f=True)
        assert request == Request("GET", "https://a.example/a%20b?n=3&f=true", (("X-City", "<a b>"),), None)

    def test_a_post_has_a_body_of_json(self) -> None:
        """Its references filled in with their own types."""
        lines = 'url = "https://a.example"\nmethod = "POST"\nbody = { n = "{n}", t = "x{n}", l = ["{city}"] }'
        request = request_of(lines, city='"é', n=3)
        assert request.method == "POST"
        assert orjson.loads(request.body or b"") == {"n": 3, "t": "x3", "l": ['"é']}

    def test_a_parameter_that_would_name_another_resource_is_the_clients_mistake(self) -> None:
        """It is refused before any call, naming the parameter."""
        with pytest.raises(RequestError) as caught:
            request_of('url = "https://a.example/{city}/x"', city="..")
        assert caught.value.status == 422
        assert [name for name, _ in caught.value.parameters] == ["city"]

    def test_a_parameter_that_could_end_a_header_is_the_clients_mistake_too(self) -> None:
        """It reaches no source."""
        with pytest.raises(RequestError) as caught:
            request_of('url = "https://a.example"\nheaders = { X-City = "<{city}>" }', city="a\r\nX-Admin: 1")
        assert caught.value.status == 422
        assert [name for name, _ in caught.value.parameters] == ["city"]

    def test_so_it_is_for_a_source_that_starts_later(self) -> None:
        """No call of another source is made in vain."""
        text = (
            CHAIN.replace("https://c.example/", "https://c.example/{p}/") + "[endpoints.e.parameters.p]\nmin_length=0"
        )
        scene = scenario(text, a=gives({"x": 1}), b=gives({"x": 1}), c=gives({}), other=gives({}))
        with pytest.raises(RequestError):
            scene.run(p="")
        assert not scene.started


class TestDependencies:
    """What a source's outcome means for those that refer to it."""

    def test_a_failure_fails_all_that_follow_from_it_naming_the_root(self) -> None:
        """Through any number of references, without a call."""
        scene = scenario(CHAIN, a=fails(SourceUnavailable), other=gives({"o": 1}))
        result = scene.run()
        assert set(scene.started) == {"a", "other"}
        for name, needed in (("b", "a"), ("c", "b")):
            error = result.failures[name]
            assert isinstance(error, DependencyFailed)
            assert error.root is result.failures["a"]
            assert needed in error.detail
            assert error.attempts == result.outcomes[name].attempts == 0
            assert result.trace.spans[name].started is None
        assert result.outcomes["other"].value == {"o": 1}

    @pytest.mark.parametrize("value", [{"x": None}, {}, [1], {"y": 1}, 3, "x"], ids=repr)
    def test_a_reference_that_is_null_or_missing_makes_the_dependant_not_found(self, value: Json) -> None:
        """The source that did answer is not to blame; what follows fails for want of the dependant."""
        scene = scenario(CHAIN, a=gives(value), other=gives({}))
        result = scene.run()
        assert result.outcomes["a"].error is None
        assert isinstance(result.failures["b"], NotFound)
        assert "{a.x}" in result.failures["b"].detail
        assert isinstance(result.failures["c"], DependencyFailed)
        assert result.failures["c"].root is result.failures["b"]
        assert "b" not in scene.started

    @pytest.mark.parametrize("value", [{}, [], {"y": 1}, [1]], ids=repr)
    def test_a_reference_to_an_object_or_a_list_is_refused(self, value: Json) -> None:
        """Neither has a place in a URL."""
        result = scenario(CHAIN, a=gives({"x": value}), other=gives({})).run()
        assert isinstance(result.failures["b"], ValueRefused)
        assert result.outcomes["b"].attempts == 0

    @pytest.mark.parametrize("value", ["", ".", ".."])
    def test_a_value_that_would_name_another_resource_is_refused(self, value: str) -> None:
        """What a source gives is trusted no more than what a client sends."""
        result = scenario(CHAIN, a=gives({"x": value}), other=gives({})).run()
        assert isinstance(result.failures["b"], ValueRefused)

    @pytest.mark.parametrize(("value", "text"), [(0, "0"), (False, "false"), (1.5, "1.5"), ("a/b?c", "a%2Fb%3Fc")])
    def test_scalars_stand_in_the_url(self, value: Json, text: str) -> None:
        """False and 0 are values like any other."""
        scene = scenario(CHAIN, a=gives({"x": value}), b=gives({"x": 1}), c=gives({}), other=gives({}))
        assert not scene.run().failures
        assert scene.requests["b"].url == f"https://b.example/{text}"

    def test_a_reference_goes_into_the_value_after_pick_and_drop(self) -> None:
        """Not into the answer as it came."""
        text = CHAIN.replace("[sources.b]", "pick = 'deep'\n[sources.b]")
        answers = {"a": gives({"x": 1, "deep": {"x": 2}}), "b": gives({"x": 1}), "c": gives({}), "other": gives({})}
        scene = scenario(text, **answers)
        scene.run()
        assert scene.requests["b"].url == "https://b.example/2"

    def test_a_source_that_two_others_need_is_called_once(self) -> None:
        """And both start from its one value."""
        text = CHAIN.replace("{b.x}", "{a.x}")
        scene = scenario(text, a=gives({"x": 1}), b=gives({}), c=gives({}), other=gives({}))
        scene.run()
        assert sorted(scene.ended) == ["a", "b", "c", "other"]

    def test_failing_twice_over_is_failing_once(self) -> None:
        """A source of which two references failed has one outcome."""
        text = CHAIN.replace("{b.x}", "{b.x}/{other.x}")
        result = scenario(text, a=fails(after=0.1), other=fails(after=0.2)).run()
        assert set(result.failures) == {"a", "b", "c", "other"}
        assert isinstance(result.failures["c"], DependencyFailed)

    @pytest.mark.parametrize(("first", "second"), [(0.1, 0.2), (0.2, 0.1)])
    def test_of_two_failures_the_first_in_the_plan_is_the_cause(self, first: float, second: float) -> None:
        """Whichever comes first: the answer is the same in models that make one call after another."""
        text = CHAIN.replace("{b.x}", "{b.x}/{other.x}")
        result = scenario(text, a=fails(NotFound, after=first), other=fails(after=second)).run()
        assert result.failures["c"].root.source == "a"
        assert str(result.failures["c"]) == "c needs b, which failed"

    @pytest.mark.parametrize(("first", "second"), [(0.1, 0.2), (0.2, 0.1)])
    def test_what_when_waits_for_is_a_cause_before_the_rest(self, first: float, second: float) -> None:
        """A source whose `when` is not known needs nothing else yet."""
        text = CHAIN.replace("[sources.c]", '[sources.c]\nwhen = "other.on"')
        result = scenario(text, a=fails(NotFound, after=first), other=fails(after=second)).run()
        assert result.failures["c"].root.source == "other"

    @pytest.mark.parametrize(("first", "second"), [(0.1, 0.2), (0.2, 0.1)])
    def test_a_choice_follows_from_the_same_failure(self, first: float, second: float) -> None:
        """The failures of its sources decide what it comes to."""
        text = CHAIN.replace("{b.x}", "{b.x}/{other.x}").replace(
            "[endpoints.e]", '[sources.any]\nfirst_of = ["c", "b"]\n[endpoints.e]'
        )
        text = text.replace('["b", "c", "other"]', '["a", "any", "other"]')
        result = scenario(text, a=fails(NotFound, after=first), other=fails(after=second)).run()
        assert isinstance(result.failures["any"], NotFound)

    @pytest.mark.parametrize(("first", "second"), [(0.1, 0.2), (0.2, 0.1)])
    def test_an_expression_reads_the_same_failure_as_the_answer_has(self, first: float, second: float) -> None:
        """If it waits for all that failed, as one does that mentions the errors of each."""
        text = CHAIN.replace("{b.x}", "{b.x}/{other.x}").replace(
            "[endpoints.e]",
            """[sources.any]
            first_of = ["c", "b"]
            [sources.read]
            compute = "[errors.b, errors.c, errors.any, errors.other]"
            [endpoints.e]""",
        )
        text = text.replace('["b", "c", "other"]', '["a", "read", "other"]')
        scripts = {"a": fails(NotFound, after=first), "other": fails(after=second), "read": _gives_its_document}
        result = scenario(text, **scripts).run()
        read: dict[str, dict[str, Json]] = result.outcomes["read"].value["errors"]  # type: ignore[index,call-overload,assignment]
        assert read["c"]["detail"] == str(result.failures["c"]) == "c needs b, which failed"
        assert read["any"]["status"] == result.failures["any"].status == 404


async def _gives_its_document(call: Call) -> Outcome[Any]:
    return Outcome(call.document)


class TestSettled:
    """What hears of each outcome."""

    def test_each_outcome_is_told_once_shaped_and_before_what_waited_for_it(self) -> None:
        """Those that came to nothing without a call included."""
        config = config_of(CHAIN.replace("[sources.b]", "pick = 'deep'\n[sources.b]"))
        heard: list[tuple[str, Json]] = []
        plan = Plan.of(config.endpoints["e"], config.sources)
        aggregation = Aggregation(
            plan, Asked({}), 10.0, lambda: 0.0, settled=lambda name, outcome: heard.append((name, outcome.value))
        )
        a, other = aggregation.start()
        assert heard == []
        aggregation.settle(other, Outcome({"o": 1}))
        assert heard == [("other", {"o": 1})]
        assert aggregation.settle(a, Outcome({"deep": {"y": 1}})) == []
        assert heard[1:] == [("a", {"y": 1}), ("b", None), ("c", None)]


class TestValues:
    """From outcomes to values."""

    def test_unlisted_sources_run_and_have_outcomes(self) -> None:
        """They are in the result, each behind those that it needs."""
        scene = scenario(CHAIN, a=gives({"x": 1}), b=gives({"x": 1}), c=gives({}), other=gives({}))
        result = scene.run()
        order = list(result.outcomes)
        assert sorted(order) == ["a", "b", "c", "other"]
        assert order.index("a") < order.index("b") < order.index("c")

    def test_a_null_answer_is_not_found(self) -> None:
        """And fails what depends on it."""
        result = scenario(CHAIN, a=gives(None), other=gives({})).run()
        assert isinstance(result.failures["a"], NotFound)
        assert isinstance(result.failures["b"], DependencyFailed)

    def test_under_a_flat_merge_a_listed_value_must_be_an_object(self) -> None:
        """An unlisted one may be anything, since it is not merged."""
        text = CHAIN.replace("{a.x}", "{a.0}") + 'merge = "flat"'
        scene = scenario(text, a=gives([1]), b=gives({"x": 1}), c=gives([2]), other=gives({"errors": 1}))
        result = scene.run()
        assert set(result.failures) == {"c", "other"}
        assert all(isinstance(error, SourceUndecodable) for error in result.failures.values())

    def test_state_age_and_attempts_outlive_shaping(self) -> None:
        """A value keeps what is known of it, and so does a value that cannot be shaped."""
        config = config_of(CHAIN.replace("[sources.b]", "pick = 'y'\n[sources.b]"))
        plan = Plan.of(config.endpoints["e"], config.sources)
        for answer in ({"y": {"x": 1}}, {}):
            aggregation = Aggregation(plan, Asked({}), 10.0, lambda: 0.0)
            call = next(call for call in aggregation.start() if call.source.name == "a")
            following = aggregation.settle(call, Outcome(answer, None, "stale", 60.0, 3))
            assert [call.source.name for call in following] == (["b"] if answer else [])
            shaped = aggregation._outcomes["a"]
            assert shaped.attempts == 3
            if answer:
                assert (shaped.state, shaped.age) == ("stale", 60.0)
            else:
                assert shaped.error is not None
                assert shaped.error.attempts == 3

    def test_every_call_has_the_requests_deadline(self) -> None:
        """One absolute moment for all."""
        config = config_of(CHAIN)
        plan = Plan.of(config.endpoints["e"], config.sources)
        calls = Aggregation(plan, Asked({}), 7.5, lambda: 1.0).start()
        assert {call.deadline for call in calls} == {7.5}
        assert sorted(call.source.name for call in calls) == ["a", "other"]
