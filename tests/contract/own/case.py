"""What a case is, and how it is held to what must come back from every execution model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fanin.local.upstream.script import Script
from fanin.local.upstream.scripted import Asked, ScriptedUpstreams
from tests.contract.ask import Ask, Question, Reply
from tests.contract.models import MODELS

ANYTHING: Any = object()
"""Stands for a body that the case's own `check` looks at."""


@dataclass(frozen=True)
class Case:
    """One rule.

    Args:
        rule: the rule, in a sentence.
        question: what is asked; a text is a path, with its query, to be read with GET.
        body: the body, as JSON; of a problem those members that the rule is about.
        upstream: what the upstreams answer.
        status: the status.
        complete: what `Fanin-Complete` says; None where the answer has no such header.
        sources: what `Fanin-Sources` says of each source, if the rule is about it.
        asked: the requests that the upstreams get, as the script names them, in any order; None for any.
        check: looks at a reply, and at what the upstreams were asked for it, beside all that.
    """

    rule: str
    question: Question | str
    body: Any = ANYTHING
    upstream: Script = field(default_factory=dict)
    status: int = 200
    complete: bool | None = True
    sources: Mapping[str, str] | None = None
    asked: Sequence[str] | None = None
    check: Callable[[Reply, Sequence[Asked]], None] | None = None


def check(case: Case, asks: Mapping[str, Ask], upstreams: ScriptedUpstreams) -> None:
    """Ask every execution model, one after another, and hold each reply to the case, and to that of the first."""
    assert asks.keys() == MODELS.keys()
    question = case.question
    if isinstance(question, str):
        path, _, query = question.partition("?")
        question = Question(path, query)
    first: Reply | None = None
    for model, ask in asks.items():
        upstreams.play(case.upstream)
        reply = ask(question)
        _check_reply(case, model, reply)
        assert (model, upstreams.unexpected) == (model, [])
        if case.asked is not None:
            assert (model, sorted(asked.line for asked in upstreams.asked)) == (model, sorted(case.asked))
        if case.check:
            case.check(reply, upstreams.asked)
        first = first or reply
        assert (reply.status, reply.content) == (first.status, first.content), model
        assert reply.headers.get("content-type") == first.headers.get("content-type"), model


def _check_reply(case: Case, model: str, reply: Reply) -> None:
    assert reply.status == case.status, (model, reply.content)
    complete = {None: None, True: "?1", False: "?0"}[case.complete]
    assert reply.headers.get("fanin-complete") == complete, (model, reply.content)
    if case.sources is not None:
        assert (model, reply.sources) == (model, case.sources)
    if case.body is ANYTHING:
        return
    body = reply.body
    if reply.headers.get("content-type") == "application/problem+json":
        body = {name: value for name, value in body.items() if name in case.body}
    assert (model, body) == (model, case.body)
