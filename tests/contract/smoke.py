"""Asking a deployment what the contract promises: every case that needs no control of the upstream.

The cases are those of tests/contract, and ask for the endpoints of fanin.toml as the repository has it.

Usage: python -m tests.contract.smoke URL
"""

import http.client
import sys
import traceback
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from tests.contract.ask import Ask, Question, Reply, over_http
from tests.contract.cases import CASES, Case
from tests.contract.models import MODELS

_API_GATEWAY: Final = 10_240
"""Bytes of request line and headers over which API Gateway answers by itself, in its own words."""
_SHOWN: Final = 500
"""Characters of an answer that are shown."""
_NO_ANSWER: Final = (OSError, http.client.HTTPException)
_WRONG_ANSWER: Final = (AssertionError, LookupError, TypeError, ValueError)


def main() -> int:
    """Ask the deployment that the command line names; 0 if it keeps the contract, 1 if not or not reachable."""
    console = Console()
    Interrupts().raise_on_signals()
    try:
        url = _url(sys.argv[1] if len(sys.argv) > 1 else "")
        return run(url, console)
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except Interrupted:
        return 130


def run(url: str, console: Console) -> int:
    """Ask every case of every execution model, and say what came of each.

    Args:
        url: where the deployment is, without a slash at the end.
        console: hears of every case.

    Returns:
        0 if the deployment keeps the contract, 1 if not.

    Raises:
        Problem: it does not answer.
    """
    console.say(f"Asking {url}")
    wrong = asked = 0
    for name, model in MODELS.items():
        ask = over_http(url, model.prefix)
        _wake(ask, url)
        for case in cases():
            asked += 1
            if mistake := _mistake(case, ask, model.prefix):
                wrong += 1
                console.warn(f"  WRONG  {name:12} {case.rule}\n{mistake}")
            else:
                console.say(f"  right  {name:12} {case.rule}")
    console.say(f"\n{asked - wrong} of {asked} cases keep the contract.")
    return 1 if wrong else 0


def cases() -> Iterator[Case]:
    """Yield the cases that any deployment can be asked."""
    return (case for case in CASES if not case.upstream and _size(case.question) < _API_GATEWAY)


def _mistake(case: Case, ask: Ask, prefix: str) -> str:
    """Ask a case, and return what is wrong with the answer; nothing if it is right."""
    asked = f"         {case.question.method} {prefix}{case.question.target[:80]}"
    try:
        reply = ask(case.question)
    except _NO_ANSWER as error:
        return f"{asked}: no answer: {error}"
    try:
        case.check(reply)
    except _WRONG_ANSWER as error:
        return f"{asked}: {_told(error)}\n{_shown(reply)}"
    return ""


def _wake(ask: Ask, url: str) -> None:
    """Ask once for nothing in particular: a function that starts takes longer than cases allow."""
    try:
        ask(Question("/"))
    except _NO_ANSWER as error:
        raise Problem(f"{url} does not answer: {error}") from error


def _told(error: BaseException) -> str:
    """Return the line of the check that does not hold, and what was raised there if it was no assertion."""
    line = traceback.extract_tb(error.__traceback__)[-1].line
    return f"{line}" if isinstance(error, AssertionError) else f"{line}: {error!r}"


def _shown(reply: Reply) -> str:
    headers = (f"{name}: {value}" for name, value in reply.headers.items())
    lines = [f"{reply.status}", *headers, "", reply.content.decode(errors="replace")[:_SHOWN]]
    return "\n".join(f"           {line}" for line in lines)


def _size(question: Question) -> int:
    """Return about how many bytes request line and headers have."""
    headers = sum(len(name) + len(value) for name, value in question.headers.items())
    return len(question.method) + len(question.target) + headers


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Problem("Which deployment? make smoke URL=https://…, the Url that make deploy has printed.")
    return text.rstrip("/")


if __name__ == "__main__":
    sys.exit(main())
