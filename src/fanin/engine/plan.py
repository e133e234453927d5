"""The order in which sources can run, as a graph of their references, and what of a request they take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol

from fanin.config import Source
from fanin.config.format import Passthrough
from fanin.config.needs import follows_of, in_order, needs_of, waits_at_once
from fanin.config.record import record
from fanin.config.template import (
    EachReference,
    HeaderTemplate,
    ParameterReference,
    Reference,
    RefusedValue,
    SecretReference,
    Values,
)
from fanin.config.values import Json
from fanin.errors import bad_parameters

if TYPE_CHECKING:
    from fanin.config.expressions import Expression


class Goal(Protocol):
    """What a plan is made for: an endpoint of fanin.toml, or sources that a handler names."""

    @property
    def name(self) -> str:
        """The endpoint's name; empty for what a handler reads."""
        ...

    @property
    def sources(self) -> Sequence[str]:
        """The sources in the answer, in its order."""
        ...

    @property
    def required(self) -> Sequence[str]:
        """The sources without which there is no answer."""
        ...

    @property
    def headers(self) -> Mapping[str, HeaderTemplate]:
        """Headers of an answer that is no problem."""
        ...

    @property
    def passthrough(self) -> Passthrough | None:
        """The source whose answer is the answer; None if values make it."""
        ...

    @property
    def varies(self) -> Sequence[str]:
        """The client's headers in which it takes parameters."""
        ...

    @property
    def keepable(self) -> bool:
        """Whether the answer may be kept by whom it is given to."""
        ...

    @property
    def status(self) -> int:
        """The HTTP status of an answer that is no problem."""
        ...

    @property
    def merge(self) -> Literal["nested", "flat"]:
        """How their values make one body."""
        ...

    @property
    def reads(self) -> Sequence[str]:
        """Those in the answer, and those that it is made of beside them."""
        ...

    @property
    def pick(self) -> "Expression | None":
        """What makes the body in place of a merge."""
        ...


@record
class NamedSources:
    """One source or several, as a handler written by hand reads them."""

    sources: tuple[str, ...]
    name: str = ""
    required: tuple[str, ...] = ()
    headers: Mapping[str, HeaderTemplate] = field(default_factory=dict)
    passthrough: Passthrough | None = None
    varies: tuple[str, ...] = ()
    keepable: bool = False
    status: int = 200
    merge: Literal["nested", "flat"] = "nested"
    pick: "Expression | None" = None

    @property
    def reads(self) -> Sequence[str]:
        """The sources."""
        return self.sources


def _with_all_before(names: Iterable[str], before: Mapping[str, Iterable[str]]) -> set[str]:
    """Give sources, all that stand before them, all that stand before these, and so on."""
    found, waiting = set[str](), list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += before[name]
    return found


def _spared(source: Source) -> frozenset[str]:
    return frozenset(name for _, expression in source.expressions_by_key for name in expression.errors)


def _is_untouched(source: Source, goal: Goal) -> bool:
    """Whether nothing is made of a source's answer, nor looked for in it, before it is a part of the goal's."""
    makes = source.pick or source.pick_response or source.pages or source.drop or source.batch or source.for_each
    return not makes and source.expect is None and goal.merge != "flat"


def _unread(goal: Goal, needs: Mapping[str, frozenset[str]], sources: Mapping[str, Source]) -> frozenset[str]:
    """Name the sources of a goal whose values nothing is made of but a nested body; of items a list is made first."""
    if isinstance(goal, NamedSources) or goal.pick or goal.passthrough or goal.headers or goal.merge == "flat":
        return frozenset()
    parts = frozenset(goal.sources).difference(*needs.values())
    return frozenset(name for name in parts if not sources[name].for_each)


@record
class Plan:
    """A graph without cycles, made once for an endpoint or a source, and shared by all requests for it.

    Args:
        goal: what it is made for.
        sources: the goal's sources and all that they refer to, each behind those that it needs.
        needs: for each source, the sources that it waits for.
        dependants: for each source, the sources that wait for it.
        references: for each source, what it refers to; without secrets, and without the item that a call is for.
        checked: the sources whose requests refuse some values of the request's parameters.
        forwarded: the client's headers that are handed on to any of the sources.
        varies: the client's headers that can change the answer, those that are handed on included.
        conditions: for each source with `when`, the sources that it waits for before that is known.
        follows: for each source, those whose fields it cannot do without: if one of them is skipped, so is the source.
        spared: for each source that reads the errors of others, those others: it runs even if they fail.
        computed: for each source whose value is computed, by what.
        writes: the sources that change something.
        keyed: whether any of them takes an idempotency key.
        each: for each source with `for_each`, its references to an item.
        waits: for each source, those of its needs that it waits for before it begins.
        alternatives: for each source with `first_of`, the sources that are asked in its place, in their order.
        asked_for: the sources that run only if a `first_of` asks for them.
        untouched: the sources whose answers are values as they are.
        unread: the sources whose values nothing looks into: they only become parts of an endpoint's answer.
    """

    goal: Goal
    sources: Mapping[str, Source]
    needs: Mapping[str, frozenset[str]]
    dependants: Mapping[str, tuple[str, ...]]
    references: Mapping[str, tuple[Reference, ...]]
    checked: tuple[Source, ...]
    forwarded: tuple[str, ...] = ()
    varies: tuple[str, ...] = ()
    conditions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    follows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    spared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    computed: "Mapping[str, Expression]" = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    keyed: bool = False
    each: Mapping[str, tuple[EachReference, ...]] = field(default_factory=dict)
    waits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    alternatives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked_for: frozenset[str] = frozenset()
    untouched: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    @classmethod
    def of(cls, goal: Goal, sources: Mapping[str, Source]) -> "Plan":
        """Make the plan of an endpoint, or of a single source, of a checked configuration.

        Args:
            goal: what it is made for.
            sources: all sources of the configuration.
        """
        needs = needs_of(goal.reads, sources)
        order = in_order(needs)
        forwarded = tuple(dict.fromkeys(header for name in order for header in sources[name].forward))
        alternatives = {name: names for name in order if (names := sources[name].alternatives)}
        waits = needs | {name: waits_at_once(sources[name]) for name in alternatives}
        return cls(
            goal=goal,
            waits=waits,
            alternatives=alternatives,
            asked_for=frozenset(needs) - _with_all_before(goal.reads, waits) if alternatives else frozenset(),
            sources={name: sources[name] for name in order},
            untouched=frozenset(name for name in order if _is_untouched(sources[name], goal)),
            unread=_unread(goal, needs, sources),
            needs=needs,
            dependants={name: tuple(other for other in order if name in needs[other]) for name in order},
            references={
                name: tuple(r for r in sources[name].references if not isinstance(r, SecretReference | EachReference))
                for name in order
            },
            checked=tuple(
                sources[name]
                for name in order
                if any(isinstance(r, ParameterReference) for r in sources[name].checked_references)
            ),
            forwarded=forwarded,
            writes=tuple(name for name in order if sources[name].writes),
            keyed=any(sources[name].idempotency_key for name in order),
            varies=(*forwarded, *goal.varies),
            conditions={name: when.waits_for for name in order if (when := sources[name].when) is not None},
            follows={name: frozenset(follows_of(sources[name])) for name in order},
            spared={name: spared for name in order if (spared := _spared(sources[name]))},
            computed={name: computes for name in order if (computes := sources[name].computes)},
            each={
                name: tuple(r for r in sources[name].references if isinstance(r, EachReference))
                for name in order
                if sources[name].for_each
            },
        )

    def unwanted(self, wanted: Iterable[str]) -> list[str]:
        """Give the sources that nothing of what is wanted needs."""
        needed = _with_all_before(wanted, self.needs)
        return [name for name in self.sources if name not in needed]

    def check(self, parameters: Mapping[str, Json], sent_as: Mapping[str, str] = MappingProxyType({})) -> None:
        """Refuse parameters whose values may not stand where a source puts them. No call is made.

        Args:
            parameters: each value by its name, of the declared types.
            sent_as: the names by which the client knows them, where these are others.

        Raises:
            RequestError: a value would make another URL of it, or has characters that no header may have.
        """
        values: Values = {ParameterReference(name): value for name, value in parameters.items()}
        try:
            for source in self.checked:
                source.check_parameters(values)
        except RefusedValue as refused:
            name = getattr(refused.reference, "name", str(refused.reference))
            raise bad_parameters([(sent_as.get(name, name), str(refused))]) from refused

    def forwards(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Pick the client's headers that are handed on, by their names in fanin.toml.

        Args:
            headers: the client's, names in lower case.

        Raises:
            RequestError: one has characters that no header may have.
        """
        picked = {name: headers[name.lower()] for name in self.forwarded if name.lower() in headers}
        if bad := [name for name, value in picked.items() if not (value.isascii() and value.isprintable())]:
            raise bad_parameters([(name, "has characters that a header may not have") for name in bad])
        return picked
