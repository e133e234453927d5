"""The fakes of an upstream.toml, for functions in containers."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from fanin.local.process import ports
from fanin.local.upstream.scripted import ScriptedUpstreams


def _two_in_a_row() -> int:
    """Give a port that is free, as is the one behind it: below those that the system gives to whoever asks for any."""
    for port in range(20_000 + 2 * (os.getpid() % 5_000), 32_000, 2):
        if not ports.accepts(port) and not ports.accepts(port + 1):
            return port
    raise AssertionError("every port is taken")


def test_they_are_served_one_port_after_another(tmp_path: Path) -> None:
    port = _two_in_a_row()
    file = tmp_path / "upstream.toml"
    file.write_text('[shop."GET /a"]\nbody = { at = "{origin}" }\n[bank."GET /b"]\nbody = 2\n')
    command: list[str | Path] = [sys.executable, "-m", "fanin.local.upstream.contained", file, "127.0.0.1", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        assert process.stdout.readline() == f"listening on {port}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/a", timeout=10) as answer:
            assert answer.read().decode() == f'{{"at": "http://127.0.0.1:{port}"}}'
        with urllib.request.urlopen(f"http://127.0.0.1:{port + 1}/b", timeout=10) as answer:
            assert answer.read() == b"2"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_their_urls_have_the_name_that_others_know() -> None:
    upstreams = ScriptedUpstreams(("shop",), host="upstream", first_port=ports.free())
    with upstreams.running():
        assert upstreams.base_url("shop").startswith("http://upstream:")
