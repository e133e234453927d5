"""Asking a deployment what its own /openapi.json promises, in every execution model that it has.

Usage: python -m fanin.local.smoke.run URL | ENVIRONMENT
"""

import http.client
import sys
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.smoke import cases
from fanin.local.smoke.ask import Question, Reply, ask
from fanin.local.smoke.cases import Case, Node

PREFIXES: Final = ("", "/threads", "/sync", "/sync-threads", "/django", "/django/async")
"""What stands before an endpoint's path in each execution model; the first is there always."""
_SHOWN: Final = 500
"""Characters of an answer that are shown."""
_NO_ANSWER: Final = (OSError, http.client.HTTPException)


def main() -> int:
    """Ask what the command line names; 0 if it keeps its promises, 1 if not or not reachable."""
    console = Console()
    Interrupts().raise_on_signals()
    try:
        return run(_url(sys.argv[1] if len(sys.argv) > 1 else ""), console)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except Interrupted:
        return 130


def run(url: str, console: Console) -> int:
    """Ask every case of every execution model that is there, and say what came of each.

    Args:
        url: where the deployment is, without a slash at the end.
        console: hears of every case.

    Returns:
        0 if the deployment keeps its promises, 1 if not.

    Raises:
        Problem: it does not answer, or has no description.
    """
    console.say(f"Asking {url}")
    document = _document(url)
    of_models = list(cases.of_every_model(document))
    wrong = asked = 0
    for prefix in PREFIXES:
        if prefix and not _is_there(url + prefix, of_models):
            console.say(f"  not there: {prefix}")
            continue
        for case in [*of_models, *([] if prefix else cases.of_the_gateway())]:
            asked += 1
            if mistake := _mistake(case, url, prefix):
                wrong += 1
                console.warn(f"  WRONG  {prefix or '/':14} {case.rule}\n{mistake}")
            else:
                console.say(f"  right  {prefix or '/':14} {case.rule}")
    for operation in cases.unasked(document):
        console.say(f"  not asked: {operation}")
    console.say(f"\n{asked - wrong} of {asked} cases are right.")
    return 1 if wrong else 0


def _document(url: str) -> Node:
    try:
        reply = ask(url, Question("/openapi.json"))
        body = reply.body
    except _NO_ANSWER as error:
        raise Problem(f"{url} does not answer: {error}") from error
    except ValueError as error:
        raise Problem(f"{url}/openapi.json is no JSON: is this a deployment of fanin?") from error
    if not isinstance(body, dict) or "paths" not in body:
        raise Problem(f"{url}/openapi.json describes nothing: is this a deployment of fanin?")
    return body


def _is_there(url: str, of_models: Iterable[Case]) -> bool:
    """Say whether an execution model is there: a deployment without it knows none of its paths."""
    first = next(iter(of_models)).question
    try:
        reply = ask(url, first)
    except _NO_ANSWER:
        return True  # and cases say what is wrong
    return reply.status != 404


def _mistake(case: Case, url: str, prefix: str) -> str:
    """Ask a case, and return what is wrong with the answer; nothing if it is right."""
    asked = f"         {case.question.method} {prefix}{case.question.target[:80]}"
    try:
        reply = ask(url + prefix, case.question)
    except _NO_ANSWER as error:
        return f"{asked}: no answer: {error}"
    try:
        case.check(reply)
    except (AssertionError, ValueError) as error:
        return f"{asked}: {error}\n{_shown(reply)}"
    return ""


def _shown(reply: Reply) -> str:
    headers = (f"{name}: {value}" for name, value in reply.headers.items())
    lines = [f"{reply.status}", *headers, "", reply.content.decode(errors="replace")[:_SHOWN]]
    return "\n".join(f"           {line}" for line in lines)


def _url(where: str) -> str:
    parts = urlsplit(where)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return where.rstrip("/")
    if not where or "/" in where or ":" in where:
        raise Problem("Which deployment? make smoke URL=https://…, the Url that make deploy has printed; or ENV=dev.")
    from fanin.local.smoke.deployed import url_of  # noqa: PLC0415 - AWS's library, for an environment's name only

    return url_of(where)


if __name__ == "__main__":
    sys.exit(main())
