"""The sources, for a handler written by hand, over the same pipelines as the endpoints of fanin.toml.

A handler takes `sources: SourcesDep`, reads with `await sources.read("geo", city=city)`, and answers with
`sources.respond(value)`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from fanin.config.template import ParameterReference, Scalar
from fanin.config.values import Json
from fanin.contract import answers
from fanin.contract.headers import NOT_KEPT, Headers, source_headers, validity
from fanin.engine.call import Fetch
from fanin.engine.caller import Caller
from fanin.engine.catalogue import Catalogue, ClientRequest
from fanin.engine.execution import concurrent
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome, Span, of_both, slower
from fanin.engine.result import Result
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.errors import SourceError

if TYPE_CHECKING:
    from fanin.engine.outcome import Outcome, Span


class Reader:
    """Reads single sources, and what they refer to.

    Args:
        catalogue: what is served.
        pipelines: for each source, its policies around its fetch.
    """

    def __init__(self, catalogue: Catalogue, pipelines: Mapping[str, Fetch]) -> None:
        self._catalogue = catalogue
        self._pipelines = pipelines

    async def read(
        self,
        name: str,
        parameters: Mapping[str, Scalar],
        invocation: Invocation,
        headers: Mapping[str, str],
        caller: Caller | None,
    ) -> Result:
        """Read a source; `headers` are the client's, and `caller` is who asks.

        Raises:
            KeyError: there is no such source, or it refers to a parameter that is not given.
            RequestError: a parameter's value may not stand where the source's URL puts it.
        """
        with self._mistakes_told():
            aggregation = self._catalogue.begin_sources((name,), ClientRequest(parameters, headers), invocation, caller)
            return await concurrent.run(aggregation, self._pipelines)

    async def stream(
        self,
        names: tuple[str, ...],
        parameters: Mapping[str, Scalar],
        request: Request,
        invocation: Invocation,
        caller: Caller | None,
    ) -> Response:
        """Answer with sources as they arrive, or whole; the arguments and errors of `read`."""
        with self._mistakes_told():
            return await self._streamed(names, parameters, request, invocation, caller)

    async def _streamed(
        self,
        names: tuple[str, ...],
        parameters: Mapping[str, Scalar],
        request: Request,
        invocation: Invocation,
        caller: Caller | None,
    ) -> Response:
        asked, plan = ClientRequest(parameters, request.headers), self._catalogue.plan_of(names)
        begin = partial(self._catalogue.begin_sources, names, asked, invocation, caller)
        result: Result | None = None
        if not plan.writes and request.headers.get("accept", answers.ANY) != answers.ANY:
            from fanin.entrypoints.fastapi import stream  # noqa: PLC0415 - no part of the cold start

            served = await stream.serve(plan.goal, begin, self._pipelines, request, invocation)
            if isinstance(served, Response):
                return served
            result = served
        result = result or await concurrent.run(begin(), self._pipelines)
        invocation.results.append(result)
        return respond(answers.answer(result, invocation.request_id, request.headers))

    @contextmanager
    def _mistakes_told(self) -> Iterator[None]:
        """Have the KeyError of a handler's mistake say what to write."""
        try:
            yield
        except KeyError as error:
            if mistake := self._mistake(error):
                raise KeyError(mistake) from error
            raise

    def _mistake(self, error: KeyError) -> str:
        """Say what a handler has to write, if it names no source, or gives no parameter; nothing for another error."""
        match error.args:
            case (ParameterReference(name=name),):
                return f"a source refers to {{{name}}}, which is not given. Pass {name}=…"
            case (str(name),) if name not in self._catalogue.config.sources:
                from fanin.config.mistake import nearest  # noqa: PLC0415 - no part of the cold start

                return f"there is no source {name!r}. {nearest(name, self._catalogue.config.sources)}."
        return ""

    def lends(self, name: str) -> bool:
        """Say whether a source's value can have parts that its next reader gets, too: they are in the configuration."""
        sources = self._catalogue.plan_of((name,)).sources.values()
        made = [each for source in sources for each in (source.computes, source.pick, source.pick_response) if each]
        return any(source.static is not None or source.fallback for source in sources) or any(
            expression.holds_literals for expression in made
        )

    def says_who(self, caller: Caller) -> str:
        """Name the header that says who asks."""
        return self._catalogue.config.callers[caller.name].table.reads


class Sources:
    """What one request reads.

    Args:
        reader: the sources of the application.
        invocation: the request's id and deadline.
        request: the client's; the `caller` of its state is who asks, once a dependency has made sure.
    """

    def __init__(self, reader: Reader, invocation: Invocation, request: Request) -> None:
        self._reader = reader
        self._request = request
        self._invocation = invocation
        self._client: Mapping[str, str] = request.headers
        self._forwarded: tuple[str, ...] = ()
        self._outcomes: dict[str, Outcome[Json]] = {}
        self._spans: dict[str, Span] = {}

    async def read(self, name: str, /, **parameters: Scalar) -> Json:
        """Read a source, and the sources that it refers to, within the request's deadline.

        Args:
            name: the source.
            parameters: what stands for the `{parameter}` references.

        Returns:
            the source's value, after its `pick` and `drop`; the handler may change it.

        Raises:
            SourceError: the source failed; where a handler lets it through, the answer is its problem.
            KeyError: there is no such source, or it refers to a parameter that is not given.
            RequestError: a parameter's value may not stand where the source's URL puts it.
        """
        result = await self._reader.read(name, parameters, self._invocation, self._client, self._caller)
        self._invocation.results.append(result)
        for each, outcome in result.outcomes.items():
            before, span = self._outcomes.get(each), result.trace.spans[each]
            self._outcomes[each] = of_both(before, outcome) if before else outcome
            self._spans[each] = slower(self._spans[each], span) if before else span
        self._forwarded += result.varies
        own = result.outcomes[name]
        if own.error:
            raise own.error.root
        return deepcopy(own.value) if self._reader.lends(name) else own.value

    async def stream(self, *names: str, **parameters: Scalar) -> Response:
        """Answer with sources, and with nothing else, as an endpoint of fanin.toml does.

        A client that asks for a stream by `Accept` gets each when it arrives. Others get JSON with all of them, in
        which those that failed are left out. What other reads of the handler came to is no part of it.

        Args:
            *names: the sources, all read at the same time.
            **parameters: what stands for the `{parameter}` references of all of them.

        Raises:
            KeyError: there is no such source, or it refers to a parameter that is not given.
            RequestError: a parameter's value may not stand where a source's URL puts it.
        """
        return await self._reader.stream(names, parameters, self._request, self._invocation, self._caller)

    def respond(self, value: Json, *, keep: bool = False) -> Response:
        """Answer with JSON, under the headers of the contract: what every source that was read came to.

        All reads of a source count: the answer is incomplete if one failed, and as old as the oldest.

        Args:
            value: the answer.
            keep: whether it may be kept as long as all that was read is fresh: where it is made of nothing else, such
                as the time. If a handler has a caller, only that caller may keep it.
        """
        who = [self._reader.says_who(self._caller)] if self._caller else []
        kept = validity(self._outcomes, [*who, *self._forwarded]) if keep else NOT_KEPT
        tag = self._client.get("if-none-match", "")
        return respond(answers.json_answer(value, self._invocation.request_id, self._headers, kept, tag))

    def failure(self, error: SourceError) -> Response:
        """Answer with the problem of a source that failed."""
        return respond(answers.source_failure(error, self._invocation.request_id, self._headers))

    @property
    def _caller(self) -> Caller | None:
        """Who asks, as far as the handler wants to know."""
        return getattr(self._request.state, "caller", None)

    @property
    def _headers(self) -> Headers:
        return source_headers(self._outcomes, self._spans)


async def sources_of(request: Request) -> Sources:
    """Give the sources as this request reads them."""
    if not hasattr(request.state, "sources"):
        request.state.sources = Sources(request.app.state.reader, invocation_of(request.scope), request)
    sources: Sources = request.state.sources
    return sources


SourcesDep = Annotated[Sources, Depends(sources_of)]
"""A handler's argument: `sources: SourcesDep`."""
