"""What the embedded AWS decided about the rights of functions; src/fanin/local/emulator/rights.py writes it down."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from fanin.local.process.console import Console
from fanin.local.process.following import following

_EVERY: Final = 0.5
"""Seconds between two looks at what was decided."""


class Decision(NamedTuple):
    """A decision about requests of one kind.

    Args:
        function: whose they were, by its name in AWS.
        action: such as `dynamodb:GetItem`.
        resource: the ARN that it was for.
        allowed: whether the function's role allows it.
    """

    function: str
    action: str
    resource: str
    allowed: bool


def decisions(written: Path) -> Iterator[Decision]:
    """Read what was decided up to now, each different decision once.

    Args:
        written: the file that the embedded AWS writes.
    """
    text = written.read_text() if written.exists() else ""
    for line in text.rpartition("\n")[0].splitlines():  # what follows the last end of a line is still being written
        read = json.loads(line)
        # A session of a role is named after the function: arn:aws:sts::…:assumed-role/ROLE/FUNCTION.
        yield Decision(read["principal"].rpartition("/")[2], read["action"], read["resource"], read["allowed"])


def refusals_shown(written: Path, ids: Mapping[str, str], console: Console) -> AbstractContextManager[None]:
    """Say what functions were refused, each thing once, as long as the context lasts.

    Args:
        written: the file that the embedded AWS writes.
        ids: the id in AWS of each resource, by its name in the template.
        console: where it is said.
    """
    return following(lambda looks: _follow(written, ids, console, looks), _EVERY)


def _follow(written: Path, ids: Mapping[str, str], console: Console, looks: Iterator[None]) -> None:
    names = {id_: name for name, id_ in ids.items()}
    said: set[Decision] = set()
    for _ in looks:
        new = [decision for decision in decisions(written) if not decision.allowed and decision not in said]
        for decision in new:
            console.warn(f"  {refusal(decision, names)}")
        said.update(new)


def refusal(decision: Decision, names: Mapping[str, str]) -> str:
    """Say what a function was refused.

    Args:
        decision: the refusal.
        names: the name in the template of each resource, by its id in AWS.
    """
    function = names.get(decision.function, decision.function)
    return f"{function} may not {decision.action} on {decision.resource}: its role in template.yaml does not allow that"
