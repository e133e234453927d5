"""Serving FastAPI, Django and its admin, until interrupted."""

import os
import secrets
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import django
import uvicorn
from django.core.management import call_command

from fanin.config import load
from fanin.config.finding import ConfigError
from fanin.entrypoints.websocket.limits import MAX_MESSAGE_OUT
from fanin.local import example
from fanin.local.layout import CONFIGURATION
from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.stack import servers, stack, to_try
from fanin.local.upstream.app import variables
from server.calls.writer import Writer
from server.composition import COMPOSITIONS

ENDPOINTS = ("", "/threads", "/django", "/django/async")
"""What stands before an endpoint's path, for each execution model of the process."""
_END_WITHIN = 5
"""Seconds that requests under way have when the server is told to stop."""


def serve(at: socket.socket, composition: str, processes: Processes, console: Console, interrupts: Interrupts) -> None:
    """Serve until interrupted.

    Args:
        at: bound socket.
        composition: a name of `COMPOSITIONS`.
        processes: what the demo upstream runs under.
        console: hears where it serves.
        interrupts: raise Interrupted once the server has stopped.

    Raises:
        Problem: there is no such composition, or fanin.toml cannot be served.
    """
    if composition not in COMPOSITIONS:
        raise Problem(f"COMPOSITION={composition} is none. Choose {' or '.join(COMPOSITIONS)}")
    example.check()
    os.environ.setdefault("FANIN_CONFIG", str(CONFIGURATION))
    with _sources(processes, console, live=os.environ.get("LIVE", "") not in {"", "0"}):
        _serve(at, composition, prepare(), console, interrupts)


@contextmanager
def _sources(processes: Processes, console: Console, *, live: bool) -> Iterator[None]:
    """Have the environment say where to read from: the fakes beside fanin.toml, or as it is.

    A file that names the APIs of the demo, such as that of the repository, reads from the demo upstream.
    """
    with stack.faked(live=live, console=console) as faking:
        if faking:
            os.environ.update(faking.environment)
        elif not live:
            os.environ["FANIN_ALLOW"] = "127.0.0.0/8:*"
            if variables("", defined := _defined())["FANIN_VARIABLES"]:
                upstream = servers.demo_upstream(processes)
                upstream.wait()
                os.environ.update(variables(upstream.url, defined))
        yield


def _serve(at: socket.socket, composition: str, password: str, console: Console, interrupts: Interrupts) -> None:
    from server.application import application  # noqa: PLC0415 - Django's models, once it is set up
    from server.calls.log import end, write  # noqa: PLC0415 - likewise

    url = f"http://{ports.LOOPBACK}:{at.getsockname()[1]}"
    log = Writer(write, end)
    try:
        try:
            app = application(os.environ, composition, log)
        except ConfigError as error:  # what only the environment can say, such as where API keys are
            raise Problem(str(error)) from error
        at.listen()  # who asks before the first turn of the loop waits
        console.say(f"\n  FastAPI and Django, {composition}, in one process. To try:\n")
        for request in (*_requests(url), f"{url}/console", f"{url}/docs", f"{url}/admin/"):
            console.say(f"    {request}")
        console.say(f"    {url.replace('http', 'ws')}/live")
        console.say(f"\n  The admin's user is admin, with the password {password}\n")
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # anybody on this machine could say where a request is from
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_OUT,
            timeout_graceful_shutdown=_END_WITHIN,
        )
        with interrupts.held():  # the server stops by itself, and raises the signal again once it has
            _Server(config).run([at])
    finally:
        with interrupts.ignored():  # rows that wait are written
            log.close()


def _requests(url: str) -> list[str]:
    """Give requests to try: one of each endpoint, the first of them in each execution model."""
    first, *others = to_try.requests(stack.read_configuration(), url)
    return [*(first.replace(url, f"{url}{prefix}", 1) for prefix in ENDPOINTS), *others]


def _defined() -> Collection[str]:
    """Name the variables of fanin.toml."""
    try:
        return load(Path(os.environ["FANIN_CONFIG"]), {}).variables
    except ConfigError as error:
        raise Problem(str(error)) from error


class _Server(uvicorn.Server):
    """A server that ends as cleanly by the second Ctrl-C as by the first: it waits for a bounded time only."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop."""
        super().handle_exit(sig, frame)
        self.force_exit = False


def prepare() -> str:
    """Set Django up, bring the database to the newest form, and give the password of the admin's user."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()

    from django.contrib.auth.models import User  # noqa: PLC0415 - once Django is set up

    from server.settings import FOLDER  # noqa: PLC0415 - it reads the environment

    FOLDER.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    password = os.environ.get("FANIN_ADMIN_PASSWORD") or secrets.token_urlsafe(12)
    user, _ = User.objects.get_or_create(username="admin", defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save()
    return password
