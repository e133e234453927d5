"""`make event`: give a function one event with `sam local invoke`, and print its response.

Usage: python -m fanin.local.containers.event FILE | PATH

A file of events/FUNCTION goes to that function. A path such as /hello/Ada goes to the gateway, as API Gateway hands it
over. LIVE=1 in the environment reads from the APIs that fanin.toml names.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from fanin.local.layout import ROOT
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.process.program import reads_live
from fanin.local.sam import built as sam_built


def main() -> int:
    """Print the response; 0 if there is one, 1 if not."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        with Processes(interrupts) as processes:
            event = _event(sys.argv[1] if len(sys.argv) > 1 else "", processes.folder)
            function = _function(event)
            from fanin.local.containers import sam_local  # noqa: PLC0415 - takes half a second; Ctrl-C works already

            live = reads_live(os.environ)
            with sam_local.sandbox(live=live, console=console, processes=processes) as sandbox:
                template = sam_local.built(sandbox, console, processes)
                response, logged = sam_local.invoke_with_logs(template, function, event, sandbox)
    except CommandFailed as failed:
        console.fail(f"{failed}\n{failed.output}")
        return 1
    except Problem as problem:
        console.fail(str(problem))
        return 1
    except Interrupted:
        return 130
    console.fail(logged.strip())
    console.say(json.dumps(response, indent=2, ensure_ascii=False))
    return 0


def _event(given: str, folder: Path) -> Path:
    """Give the file of an event.

    Args:
        given: a file, or the path of a request.
        folder: where an event is written for a path.

    Raises:
        Problem: there is no such file.
    """
    file = ROOT / given
    if given and file.is_file():
        return file
    if not given.startswith("/"):
        files = ", ".join(str(each.relative_to(ROOT)) for each in sorted(ROOT.glob("events/*/*.json")))
        raise Problem(f"Which event? make event E=/hello/Ada, or one of {files}")
    parts = urlsplit(given)
    event = json.loads((ROOT / "events/gateway/health.json").read_text(encoding="utf-8"))
    event |= {"rawPath": parts.path, "rawQueryString": parts.query}
    event["requestContext"]["http"]["path"] = parts.path
    written = folder / "gateway" / "event.json"
    written.parent.mkdir()
    written.write_text(json.dumps(event), encoding="utf-8")
    return written


def _function(event: Path) -> str:
    """Name the function that an event is for: the one that is built from the folder of its folder's name."""
    folder = ROOT / "functions" / event.parent.name
    for name, built_from in sam_built.folders().items():
        if built_from == folder:
            return name
    raise Problem(f"No function is built from {folder}, and events of {event.parent.name} are for it.")


if __name__ == "__main__":
    sys.exit(main())
