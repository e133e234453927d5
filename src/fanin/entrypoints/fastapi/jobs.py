"""`/jobs`, and endpoints whose client prefers an answer that comes later."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from fanin.config import Endpoint
from fanin.engine.caller import Caller
from fanin.engine.catalogue import ClientRequest
from fanin.engine.front_door import FrontDoor
from fanin.engine.idempotency import idempotency_key
from fanin.engine.refusals import NOBODY
from fanin.entrypoints.fastapi.caller import anyone, identified
from fanin.entrypoints.fastapi.respond import respond
from fanin.entrypoints.servers.asgi import invocation_of
from fanin.errors import RequestError
from fanin.stores.errors import StoreUnavailable

# ruff: noqa: PLC0415 - what jobs are made of is no part of the cold start of a function without them

if TYPE_CHECKING:
    from fanin.contract.answers import Answer
    from fanin.jobs.job import Job
    from fanin.jobs.service import JobService

MAX_PAGE = 100
"""Jobs of one page."""

type Defer = Callable[[Request, Endpoint, ClientRequest, Caller | None], Awaitable[Response | None]]
"""Takes a request for an endpoint, and who asks, as a job; None where the client did not ask so, or it cannot be."""

JobId = Annotated[str, Path(description="The job's id, as its Location ends.")]


def deferring(job_service: "JobService") -> Defer:
    """Make what takes `Prefer: respond-async` (RFC 7240)."""
    from fanin.jobs import answers
    from fanin.jobs.preferences import prefers_async

    async def defer(
        request: Request, endpoint: Endpoint, asked: ClientRequest, caller: Caller | None
    ) -> Response | None:
        if not prefers_async(asked.headers.get("prefer")):
            return None
        if job_service.orders.forwards(endpoint.name):
            return None
        invocation = invocation_of(request.scope)
        async with _available():
            key = idempotency_key(asked.headers.get("idempotency-key"))
            given = job_service.orders.catalogue.input_of(endpoint.name, asked)
            sent = job_service.orders.catalogue.sent(endpoint.name, asked)
            order = job_service.orders.order(endpoint.name, sent, given, caller=caller)
            job = await job_service.accept(order, caller.owner if caller else invocation.owner, key)
        return respond(answers.accepted(job, invocation.request_id, preferred=True))

    return defer


def jobs_router(job_service: "JobService | None", door: FrontDoor) -> APIRouter:
    """Make the routes of /jobs.

    Args:
        job_service: where jobs are handed in; without it, every route answers that there are none.
        door: says who asks.
    """
    router = APIRouter(prefix="/jobs", tags=["jobs"], default_response_class=Response)

    @router.post("", status_code=202)
    async def create(request: Request) -> Response:
        async with _available():
            from fanin.engine.client_input import check_media_type
            from fanin.jobs import answers
            from fanin.jobs.preferences import prefers_async

            present = _present(job_service)
            check_media_type(request.headers)
            key = idempotency_key(request.headers.get("idempotency-key"))
            asked, orders, invocation = (
                present.orders.read(await _body(request)),
                present.orders,
                invocation_of(request.scope),
            )
            endpoint = orders.catalogue.config.endpoints[asked.endpoint]
            sent = ClientRequest(asked.parameters, request.headers, input=asked.input)
            caller = await door.admit(endpoint, sent, invocation) if door.admit else None
            order = orders.order(endpoint.name, asked.parameters, asked.input, callback=asked.callback, caller=caller)
            job = await present.accept(order, caller.owner if caller else invocation.owner, key)
        return respond(
            answers.accepted(job, invocation.request_id, preferred=prefers_async(request.headers.get("prefer")))
        )

    @router.get("")
    async def listed(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="The most jobs of the page.")] = 20,
        after: Annotated[str, Query(max_length=100, description="As `next` of the page before has it.")] = "",
    ) -> Response:
        async with _available():
            invocation = invocation_of(request.scope)
            present = _present(job_service)
            from fanin.jobs import answers

            jobs, following = await present.listed(await _lister(present, door, request), limit, after)
        return respond(answers.page(jobs, invocation.request_id, limit=limit, after=following))

    @router.get("/{job_id}")
    async def show(request: Request, job_id: JobId) -> Response:
        async with _available():
            invocation = invocation_of(request.scope)
            present = _present(job_service)
            owner = await _owner(present, job_id, door, request)
            answer = await _shown(present, await present.get(job_id, owner), invocation.request_id)
        return respond(answer)

    @router.delete("/{job_id}")
    async def cancel(request: Request, job_id: JobId) -> Response:
        async with _available():
            invocation = invocation_of(request.scope)
            present = _present(job_service)
            from fanin.jobs import answers

            job = await present.cancel(job_id, await _owner(present, job_id, door, request))
        return respond(answers.one(job, invocation.request_id))

    return router


async def _owner(job_service: "JobService", job_id: str, door: FrontDoor, request: Request) -> str:
    """Say who asks for a job: one of the callers that it belongs to one of, or whoever an authorizer says.

    Raises:
        RequestError: the job is a caller's, and it is not known who asks.
    """
    invocation, catalogue = invocation_of(request.scope), job_service.orders.catalogue
    if not catalogue.config.callers:
        return invocation.owner
    name = await job_service.callers_of(job_id)
    if name not in catalogue.config.callers:
        return invocation.owner
    return (await identified(name, catalogue, door, request)).owner


async def _lister(job_service: "JobService", door: FrontDoor, request: Request) -> str:
    """Say who asks for a list of jobs: the first of [callers] that it can be, or whoever an authorizer says."""
    catalogue = job_service.orders.catalogue
    try:
        if catalogue.config.callers:
            return (await anyone(catalogue, door, request)).owner
    except RequestError as error:
        if error.status not in NOBODY:
            raise
    return invocation_of(request.scope).owner


async def _shown(job_service: "JobService", job: "Job", request_id: str) -> "Answer":
    from fanin.jobs import answers

    if job.kept is None:
        return answers.one(job, request_id)
    if (link := job_service.results.link(job.kept)) is not None:
        return answers.one(job, request_id, link=link)
    return answers.one(job, request_id, body=await job_service.results.body(job.kept))


def _present(job_service: "JobService | None") -> "JobService":
    if job_service is None:
        raise RequestError(501, "jobs-not-configured", "Jobs not configured", "this deployment has no store for jobs")
    return job_service


async def _body(request: Request) -> bytes:
    """Read a body, up to one byte over its limit: a server may be around this, and no Lambda function."""
    from fanin.jobs.order import MAX_ORDER

    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_ORDER:
            break
    return bytes(body)


@asynccontextmanager
async def _available() -> AsyncIterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        detail = "the store of jobs does not answer; ask again, with an Idempotency-Key"
        raise RequestError(503, "jobs-unavailable", "Jobs unavailable", detail) from error
