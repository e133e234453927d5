"""What the functions log, on the console as it happens: warnings and errors, and whatever is not JSON."""

import contextlib
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from fanin.local.process.console import Console
from fanin.local.process.following import following
from fanin.local.stack.deployment import Deployment

_EVERY: Final = 0.5
"""Seconds between two looks at the logs."""
_PLATFORM: Final = ("START ", "END ", "REPORT ")
_QUIET: Final = {"DEBUG", "INFO"}
_SHOWN_APART: Final = {"timestamp", "level", "message", "stackTrace", "logger", "sources"}
_FOR_SEARCHING: Final = {"lambda_request_id", "trace_id", "xray_trace_id"}


def shown(deployment: Deployment, console: Console) -> AbstractContextManager[None]:
    """Show the functions' logs as long as the context lasts."""
    return following(lambda looks: _follow(deployment, console, looks), _EVERY)


def _follow(deployment: Deployment, console: Console, looks: Iterator[None]) -> None:
    groups = {name.removesuffix("Logs").lower(): id_ for name, id_ in deployment.ids.items() if name.endswith("Logs")}
    since = dict.fromkeys(groups, int(time.time() * 1000))
    seen: dict[str, set[tuple[str, str]]] = {function: set() for function in groups}
    for _ in looks:
        for function, group in groups.items():
            # The emulator may be ending, or busy exchanging code: the next look shows what this one missed.
            with contextlib.suppress(BotoCoreError, ClientError):
                events = deployment.logs.filter_log_events(logGroupName=group, startTime=since[function])["events"]
                new = [event for event in events if (event["logStreamName"], event["message"]) not in seen[function]]
                for event in new:
                    if text := rendered(event["message"]):
                        console.warn(f"  {function}: {text}")
                if events:
                    since[function] = events[-1]["timestamp"]
                    latest = (event for event in events if event["timestamp"] == since[function])
                    seen[function] = {(event["logStreamName"], event["message"]) for event in latest}


def rendered(message: str) -> str:
    """Return what to show of a line of a function's log; nothing of a line that tells of ordinary work."""
    if message.startswith(_PLATFORM):
        return ""
    try:
        line = json.loads(message)
        if "_aws" in line:  # metrics
            return ""
        level, text = line["level"], line["message"]
    except (ValueError, TypeError, KeyError):
        return message
    if level in _QUIET:
        return ""
    hidden = _SHOWN_APART | _FOR_SEARCHING
    details = " ".join(f"{name}={value}" for name, value in line.items() if name not in hidden)
    failures = [f"    {name}: {failure}" for name, failure in _failures(line.get("sources", {}))]
    return "\n".join(
        part for part in (f"{level} {text} {details}".rstrip(), *failures, line.get("stackTrace", "")) if part
    )


def _failures(sources: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Say of each source that failed what it came to, and why."""
    for name, source in sources.items():
        if "reason" in source:
            came_to = f"{source['state']} after {source['duration_ms']} ms, attempts={source['attempts']}"
            yield name, f"{came_to}: {source['reason']}"
