"""fanin.engine.call: a fetch, wrapped in policies."""

import asyncio
from dataclasses import fields, replace
from typing import Any

from fanin.config.template import ParameterReference
from fanin.engine.call import Call, Fetch, Policy, pipeline
from fanin.engine.footprint import Room
from fanin.engine.outcome import Outcome
from fanin.engine.plan import NamedSources, Plan
from fanin.engine.trace_context import TraceContext
from fanin.engine.writes import Writes
from fanin.testing import fake_clock
from tests.unit.scenario import call_of, config_of

SOURCE = config_of('[sources.a]\nurl = "https://a.example"\n[endpoints]\n').sources["a"]


def test_a_call_with_another_deadline_is_the_same_in_all_else() -> None:
    """Whatever a call comes to hold."""
    call = replace(
        call_of(SOURCE),
        forwarded=(("A", "b"),),
        values={ParameterReference("city"): "Lisbon"},
        trace_context=TraceContext.of({}),
        item=1,
        document=1,
        room=Room.of(1),
        writes=Writes(Plan.of(NamedSources(("a",)), {"a": SOURCE}), {}),
    )
    filled = {field.name for field in fields(call) if getattr(call, field.name)}
    assert filled == {field.name for field in fields(call)}, "give the new field a value here"
    assert call.until(3.0) == replace(call, deadline=3.0)


def test_the_first_policy_is_the_outermost_and_none_stands_for_none() -> None:
    """Calls go through the policies in their order, and outcomes back."""
    seen: list[str] = []

    def noting(name: str) -> Policy:
        def policy(fetch: Fetch) -> Fetch:
            async def with_note(call: Call) -> Outcome[Any]:
                seen.append(f"> {name}")
                outcome = await fetch(call)
                seen.append(f"< {name}")
                return outcome

            return with_note

        return policy

    async def fetch(call: Call) -> Outcome[Any]:
        await asyncio.sleep(0)
        seen.append(call.source.name)
        return Outcome(1)

    made = pipeline(fetch, [noting("first"), None, noting("second")])

    async def body() -> Outcome[Any]:
        return await made(call_of(SOURCE))

    assert fake_clock.run(body()).value == 1
    assert seen == ["> first", "> second", "a", "< second", "< first"]
