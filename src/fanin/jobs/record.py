"""A job as JSON, and back."""

from dataclasses import fields
from typing import Any

import orjson

from fanin.engine.caller import Caller
from fanin.jobs.job import Callback, CallbackState, Job, KeptAnswer, State


def encoded(job: Job) -> str:
    """Write a job."""
    fields_of_job: dict[str, Any] = {field.name: getattr(job, field.name) for field in fields(job)}
    written = fields_of_job | {"parameters": dict(job.parameters), "progress": dict(job.progress)}
    return orjson.dumps(written).decode()  # which takes dataclasses, for what is kept and for the callback


def decoded(text: str) -> Job:
    """Read a job that `encoded` wrote.

    Raises:
        ValueError, TypeError, KeyError: it is none.
    """
    read: dict[str, Any] = orjson.loads(text)
    kept, callback, state = read.pop("kept"), read.pop("callback"), State(read.pop("state"))
    caller = read.pop("caller", None)  # which records of before have not
    return Job(
        **read,
        caller=Caller(**caller) if caller else None,
        state=state,
        kept=KeptAnswer(**kept) if kept else None,
        callback=Callback(**callback | {"state": CallbackState(callback["state"])}) if callback else None,
    )
