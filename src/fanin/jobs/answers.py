"""The HTTP answers about jobs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import orjson

from fanin.config.values import Json
from fanin.contract import answers, problems
from fanin.contract.answers import Answer
from fanin.contract.headers import Headers
from fanin.errors import RequestError
from fanin.jobs.job import ENDED, MAX_RUNS, Job, State

POLL_AFTER = 1
"""Seconds after which to ask again for a job that has not ended."""


def accepted(job: Job, request_id: str, *, preferred: bool = False) -> Answer:
    """Answer the request that made a job, or made it before.

    Args:
        job: the job.
        request_id: the id under which the request is logged.
        preferred: whether the client asked for the endpoint itself, preferring an answer that comes later.
    """
    applied: Headers = (("Preference-Applied", "respond-async"),) if preferred else ()
    headers = (("Location", path_of(job)), *applied, *_retry(job))
    return answers.json_answer(_shown(job), request_id, headers, status=202)


def one(job: Job, request_id: str, *, body: bytes | None = None, link: str = "") -> Answer:
    """Answer a request for a job.

    Args:
        job: the job.
        request_id: the id under which the request is logged.
        body: the body of its answer, where it is beside the job.
        link: where the body of its answer is, where it is in the bucket.
    """
    key = "result" if job.state is State.SUCCEEDED else "problem"
    shown = _shown(job)
    if body is not None:
        shown[key] = orjson.Fragment(body)  # type: ignore[assignment]
    elif link:
        shown[f"{key}_url"] = link
    if job.state is State.DEAD:
        shown["problem"] = _dead()
    return answers.json_answer(shown, request_id, _retry(job))


def page(jobs: Sequence[Job], request_id: str, *, limit: int, after: str) -> Answer:
    """Answer a request for jobs, with a link to those behind (RFC 8288).

    Args:
        jobs: the jobs of this page, without their answers.
        request_id: the id under which the request is logged.
        limit: the most of a page.
        after: behind which job the next page begins; empty where this is the last.
    """
    following = f"/jobs?limit={limit}&after={quote(after)}" if after else None
    headers: Headers = (("Link", f'<{following}>; rel="next"'),) if following else ()
    return answers.json_answer({"jobs": [_shown(job) for job in jobs], "next": following}, request_id, headers)


def path_of(job: Job) -> str:
    """Give the path under which a job is asked for."""
    return f"/jobs/{job.id}"


def event(job: Job, at: float) -> bytes:
    """Give the body of a callback: that the job has ended, and how; its result is asked for.

    Args:
        job: the job.
        at: when it ended, in seconds since the epoch.
    """
    shown = _shown(job)
    shown.pop("callback", None)
    return orjson.dumps({"type": f"job.{job.state.value}", "timestamp": _written(at), "data": shown})


def _shown(job: Job) -> dict[str, Json]:
    """Show a job without its answer. Moments are RFC 3339, in UTC."""
    shown: dict[str, Json] = {
        "id": job.id,
        "state": job.state.value,
        "endpoint": job.endpoint,
        "parameters": dict(job.parameters),
        "created": _written(job.created),
        "started": _written(job.started) if job.started is not None else None,
        "ended": _written(job.ended) if job.ended is not None else None,
        "expires": _written(job.expires),
        "runs": job.runs,
        "progress": dict(job.progress),
    }
    if job.status is not None:
        shown |= {"status": job.status, "complete": job.complete}
    if job.callback:
        shown["callback"] = {
            "url": job.callback.url,
            "state": job.callback.state.value,
            "attempts": job.callback.attempts,
        }
    return shown


def _dead() -> dict[str, Json]:
    detail = f"{MAX_RUNS} runs came to nothing; an operator has to see to it"
    return problems.request_problem(RequestError(500, "job-set-aside", "Job set aside", detail))


def _retry(job: Job) -> Headers:
    return () if job.state in ENDED else (("Retry-After", str(POLL_AFTER)),)


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
