"""What functions were refused is said on the console of `make run`."""

import json
import time
from pathlib import Path

import pytest

from fanin.local.process.console import Console
from fanin.local.stack.rights import Decision, decisions, refusals_shown

_WITHIN = 20.0
_IDS = {"LiveFunction": "fanin-local-LiveFunction-1", "JobsTable": "jobs-1"}
_TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/jobs-1"


def line(action: str, *, allowed: bool) -> str:
    principal = f"arn:aws:sts::000000000000:assumed-role/fanin-local-LiveRole-1/{_IDS['LiveFunction']}"
    written = {"principal": principal, "action": action, "resource": _TABLE, "allowed": allowed}
    return f"{json.dumps(written)}\n"


def test_a_decision_is_about_a_function(tmp_path: Path) -> None:
    """What is being written, or not there yet, is none."""
    written = tmp_path / "decisions.jsonl"
    assert list(decisions(written)) == []
    written.write_text(line("dynamodb:GetItem", allowed=True) + line("dynamodb:Scan", allowed=False)[:30])
    assert list(decisions(written)) == [Decision(_IDS["LiveFunction"], "dynamodb:GetItem", _TABLE, allowed=True)]


def test_a_refusal_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written, said = tmp_path / "decisions.jsonl", ""
    with refusals_shown(written, _IDS, Console()):
        written.write_text(line("dynamodb:GetItem", allowed=True) + line("dynamodb:PutItem", allowed=False))
        began, more = time.monotonic(), False
        while "Scan" not in said:
            assert time.monotonic() - began < _WITHIN
            time.sleep(0.05)
            said += capsys.readouterr().out
            if "PutItem" in said and not more:
                more = True
                with written.open("a") as file:
                    file.write(line("dynamodb:Scan", allowed=False))
    may_not = [f"  LiveFunction may not dynamodb:{operation} on {_TABLE}" for operation in ("PutItem", "Scan")]
    assert said.splitlines() == [f"{each}: its role in template.yaml does not allow that" for each in may_not]
