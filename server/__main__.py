"""`make serve`: FastAPI, Django and its admin in one process, on loopback.

Environment: PORT, the port to serve on (3000); COMPOSITION, `mounted` (Django inside FastAPI) or `beside` (both side by
side); LIVE=1 to read from what fanin.toml and the environment name rather than from sample data; EXAMPLE, a
folder of examples/ whose fanin.toml is served over the fakes of its upstream.toml; DATABASE_URL for
another database than SQLite; FANIN_HOSTS, hosts to answer for beside loopback's; FANIN_ADMIN_PASSWORD for the admin's
user `admin`, a new one at each start without it.
"""

import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
import uvicorn
from django.core.management import call_command

from fanin.entrypoints.websocket.limits import MAX_MESSAGE_OUT
from fanin.local import example
from fanin.local.layout import CONFIGURATION, EXAMPLE
from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes
from fanin.local.stack import servers, stack, to_try
from fanin.local.upstream.app import variables
from server.calls.writer import Writer
from server.composition import COMPOSITIONS

ENDPOINTS = ("", "/threads", "/django", "/django/async")
"""What stands before an endpoint's path, for each execution model of the process."""


def main() -> int:
    """Serve; 0 when told to stop, 1 if it cannot."""
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        example.check()
        composition = _composition(os.environ.get("COMPOSITION") or "mounted")
        with Processes(interrupts) as processes, ports.take(ports.asked(os.environ.get("PORT") or "3000")) as at:
            os.environ.setdefault("FANIN_CONFIG", str(CONFIGURATION))
            with _sources(processes, live=os.environ.get("LIVE", "") not in {"", "0"}):
                serve(at, composition, prepare(), console)
    except Problem as problem:
        console.fail(f"\n{problem}")
        return 1
    except Interrupted:
        console.say("\n  ended, with all that was started")
    return 0


@contextmanager
def _sources(processes: Processes, *, live: bool) -> Iterator[None]:
    """Have the environment say where to read from: the fakes beside fanin.toml, the demo upstream, or as it is."""
    with stack.faked(live=live) as faking:
        if faking:
            os.environ.update(faking.environment)
        elif not live:
            upstream = servers.demo_upstream(processes)
            upstream.wait()
            os.environ.update(variables(upstream.url), FANIN_ALLOW="127.0.0.0/8:*")
        yield


def _composition(name: str) -> str:
    if name not in COMPOSITIONS:
        raise Problem(f"COMPOSITION={name} is none. Choose {' or '.join(COMPOSITIONS)}")
    return name


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


def serve(at: socket.socket, composition: str, password: str, console: Console) -> None:
    """Serve until interrupted."""
    from server.application import application  # noqa: PLC0415 - Django's models, once it is set up
    from server.calls.log import end, write  # noqa: PLC0415 - likewise

    url = f"http://{ports.LOOPBACK}:{at.getsockname()[1]}"
    log = Writer(write, end)
    try:
        app = application(os.environ, composition, log)
        at.listen()  # who asks before the first turn of the loop waits
        console.say(f"\n  FastAPI and Django, {composition}, in one process. To try:\n")
        for request in (*_requests(url), f"{url}/docs", f"{url}/admin/"):
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
        )
        uvicorn.Server(config).run([at])
    finally:
        log.close()


def _requests(url: str) -> list[str]:
    """Give requests to try: of an example one of each endpoint, of the demo one in each execution model."""
    if EXAMPLE:
        return list(to_try.requests(stack.read_configuration(), url))
    return [f"{url}{prefix}/trip/Lisbon" for prefix in ENDPOINTS]


if __name__ == "__main__":
    sys.exit(main())
