"""The fault server as a process, and both functions composed over it."""

import json
import subprocess
import sys
import time
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from types import TracebackType
from typing import Self, cast

import pytest

from fanin.compose import gateway, parts, sync
from fanin.local.layout import ROOT
from fanin.sources.tls import tls_context
from tests.contract.ask import Ask
from tests.contract.models import here
from tests.faults.server import CERTIFICATE
from tests.functions import asgi

LOOPBACK = "127.0.0.0/8:* [::1/128]:*"


class FaultServer:
    """A running fault server. Leaving its `with` block ends it.

    Args:
        folder: where it puts its certificate authority's certificate.

    Attributes:
        ports: what listens where.
        authority: the certificate's path.
    """

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.faults.server", str(folder)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.ports: dict[str, int] = json.loads(self._process.stdout.readline())
        self.authority = folder / CERTIFICATE

    def url(self, port: str, path: str = "") -> str:
        """Give a URL on one of its ports."""
        return f"{'https' if port.startswith('tls') else 'http'}://127.0.0.1:{self.ports[port]}/{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()


@contextmanager
def serving(
    toml: str, folder: Path, environment: Mapping[str, str] | None = None, authority: Path | None = None
) -> Iterator[dict[str, Ask]]:
    """Compose the functions, as they are composed in Lambda, and give the way to ask each execution model.

    Args:
        toml: sources and endpoints.
        folder: where fanin.toml is written.
        environment: the functions' environment, which a test may change; loopback is allowed without one.
        authority: a certificate to trust in place of the public roots.
    """
    (folder / "fanin.toml").write_text(f"fanin = 1\n{toml}", encoding="utf-8")
    environment = {"FANIN_ALLOW": LOOPBACK} if environment is None else environment
    all_models = ChainMap({gateway.THREADS: "on"}, cast("MutableMapping[str, str]", environment))
    with pytest.MonkeyPatch.context() as patch:
        # Without an authority, none at all: loading the public roots is what takes time.
        trust = (lambda: tls_context(str(authority))) if authority else lambda: SSLContext(PROTOCOL_TLS_CLIENT)
        patch.setattr(parts, "tls_context", trust)
        with asgi(gateway.gateway(folder, all_models)) as handler:
            yield here({"gateway": handler, "sync": sync.sync(folder, environment)})


def sockets() -> int:
    """Count this process's sockets."""
    return sum(1 for entry in Path("/proc/self/fd").iterdir() if _target(entry).startswith("socket:"))


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        return ""


def eventually(holds: Callable[[], bool], seconds: float = 1.0) -> bool:
    """Wait until something holds; tell whether it did in time."""
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.005)
    return holds()
