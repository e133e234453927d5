import os
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Thread

import pytest

from fanin.cli import given
from fanin.local.layout import ROOT
from fanin.local.upstream.process import Upstream
from tests.cli.conftest import Run
from tests.contract.ask import Ask, Question
from tests.faults.recorder import Recorder

MODELS = ["async", "sync", "threads"]


@pytest.mark.parametrize("model", MODELS)
def test_the_body_is_the_one_that_the_functions_give(
    run: Run, demo: dict[str, str], functions: dict[str, Ask], model: str
) -> None:
    ran = run("call", "trip", "city=Lisbon", "--model", model, **demo)
    assert ran.code == 0
    assert ran.json == functions["gateway"](Question("/trip/Lisbon")).body


@pytest.mark.parametrize("model", MODELS)
def test_the_calls_are_drawn_beside_the_body_and_not_in_it(run: Run, demo: dict[str, str], model: str) -> None:
    ran = run("call", "trip", "city=Lisbon", "--model", model, **demo)
    assert "200 complete in " in ran.messages
    drawn = [line for line in ran.messages.splitlines() if "█" in line and "fresh" in line]
    assert len(drawn) == 6


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["call", "e"], "there is no file 'fanin.toml' here. Name another, or make a project: fanin new FOLDER."),
        (["check"], "there is no file 'fanin.toml' here. Name another, or make a project: fanin new FOLDER."),
        (["check", "other.toml"], "there is no file 'other.toml'."),
        (["check", "folder"], "'folder' is a folder. Name the file in it."),
    ],
)
def test_a_file_that_is_missing_is_named_with_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FANIN_CONFIG", raising=False)
    ran = run(*arguments)
    assert ran.code == 2
    assert says in " ".join(ran.messages.replace("│", " ").split())


@pytest.mark.parametrize(("fakes", "told"), [(True, True), (False, False)])
def test_a_project_with_fakes_is_told_that_call_asks_the_apis_themselves(
    run: Run, written: Callable[[str], str], *, fakes: bool, told: bool
) -> None:
    """A new project's API is nowhere: only its fakes answer, and not here."""
    file = written(
        'fanin = 1\n[sources.a]\nurl = "http://127.0.0.1:9/a"\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    )
    if fakes:
        Path(file).with_name("upstream.toml").write_text("")
    ran = run("call", "e", "--file", file, "--allow", "127.0.0.0/8:9")
    assert ran.code == 1
    assert ("The fakes of upstream.toml answer under fanin serve" in ran.messages) == told


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        (["--input", '{"a": 1}'], 0, ""),
        (["--input", "@a.json"], 0, ""),
        (["--input", "{}"], 2, "Invalid value for '--input': /a: it is required"),
        ([], 2, "Invalid value for '--input': the endpoint takes a JSON body. Write --input JSON, or --input @FILE."),
        (["--input", "{"], 2, "it is not JSON"),
        (["--input", "@b.json"], 2, "cannot be read"),
    ],
)
def test_an_endpoint_that_takes_json_is_given_it(  # noqa: PLR0913, PLR0917 - fixtures, and what a case is
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, given: list[str], code: int, says: str
) -> None:
    file = written(
        'fanin = 1\n[sources.a]\nvalue = 1\n[endpoints.e]\nmethod = "POST"\npath = "/e"\nsources = ["a"]\n'
        'status = 201\ninput = { type = "object", required = ["a"] }\n'
    )
    folder = Path(file).parent
    (folder / "a.json").write_text('{"a": 1}')
    monkeypatch.chdir(folder)
    ran = run("call", "e", "--file", file, *given)
    assert ran.code == code, ran.messages
    assert says in " ".join(ran.messages.replace("│", " ").split())
    assert code or "201 complete" in ran.messages


def test_parameters_have_their_names_on_the_wire_and_lists_come_again_and_again(run: Run) -> None:
    file = str(ROOT / "tests/contract/own/cases/parameters.toml")
    asked = run("call", "list", "ids=1,2", "X-Langs=de", "X-Langs=fr", "--file", file, "--json")
    assert asked.json["sources"][0]["outcome"] == "address-refused"
    refused = run("call", "list", "ids=1,x", "--file", file)
    assert (refused.code, "ids: item 2" in refused.messages) == (2, True)
    unknown = run("call", "list", "ids=1", "langs=de", "--file", file)
    assert "'X-Langs'" in unknown.messages
    listed = run("routes", "--file", file, "--json").json["routes"][0]["parameters"]
    assert {each["sent_as"]: each["in"] for each in listed}["X-Tenant"] == "header"


def test_the_critical_path_is_marked_where_calls_run_at_once(
    run: Run, demo: dict[str, str], upstream: Upstream
) -> None:
    upstream.rules({"*": {"delay": 50}})
    marked = [
        line.split()[1] for line in run("call", "trip", "city=Lisbon", **demo).messages.splitlines() if line[:1] == "●"
    ]
    assert marked == ["geo", "country", "rates"]
    assert "●" not in run("call", "trip", "city=Lisbon", "--model", "sync", **demo).messages


NEVER_CALLED = """fanin = 1
[sources.bad]
compute = "abs(parameters.n)"
[sources.after]
compute = "bad"
[sources.mended]
compute = "errors.after.detail"
[sources.skipped]
when = "parameters.n == 'go'"
value = 1
[endpoints.mended]
path = "/mended/{n}"
sources = ["mended"]
[endpoints.skipped]
path = "/skipped/{n}"
sources = ["skipped"]
"""


@pytest.mark.parametrize(("endpoint", "marked"), [("mended", ["mended"]), ("skipped", [])])
def test_the_critical_path_has_only_sources_that_were_called(
    run: Run, written: Callable[[str], str], endpoint: str, marked: list[str]
) -> None:
    """One that reads the errors of others may have waited for one that was not."""
    messages = run("call", endpoint, "n=x", "--file", written(NEVER_CALLED)).messages
    assert [line.split()[1] for line in messages.splitlines() if line[:1] == "●"] == marked
    assert "a fault" not in messages


class Meeting(ThreadingHTTPServer):
    """An API that answers the first call at once, and three others when all of them are there."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Met)
        self.three = Barrier(3, timeout=20)


class _Met(BaseHTTPRequestHandler):
    server: Meeting

    def do_GET(self) -> None:
        if not self.path.startswith("/first"):
            self.server.three.wait()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id": 1}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("model", ["async", "threads"])
def test_calls_are_made_at_once(run: Run, written: Callable[[str], str], model: str) -> None:
    """What needs only the first is with its API at the same time: no call is answered before the others are made."""
    with Meeting() as meeting:
        Thread(target=meeting.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{meeting.server_port}"
        lines = ["fanin = 1", f'[sources.first]\nurl = "{url}/first"']
        lines += [f'[sources.{name}]\nurl = "{url}/{{first.id}}"\ntimeout = "25s"' for name in "abc"]
        file = written(
            "\n".join([*lines, '[endpoints.all]\npath = "/all"\nsources = ["a", "b", "c"]\ntimeout = "28s"'])
        )
        asked = run("call", "all", "--json", "--model", model, "--file", file, FANIN_ALLOW="127.0.0.0/8:*").json
        meeting.shutdown()
    assert asked["complete"]


def test_the_sync_model_makes_one_call_after_another(run: Run, demo: dict[str, str], upstream: Upstream) -> None:
    upstream.rules({"*": {"delay": 100}})
    assert run("call", "trip", "city=Lisbon", "--json", "--model", "sync", **demo).json["complete"]
    assert upstream.at_once() == 1


def test_json_has_the_answer_and_the_times_of_each_call(run: Run, demo: dict[str, str]) -> None:
    asked = run("call", "air_quality", "city=Lisbon", "--json", **demo).json
    assert (asked["status"], asked["complete"], asked["model"]) == (200, True, "async")
    assert asked["headers"]["Fanin-Complete"] == "?1"
    assert asked["body"]["name"] == "Lisbon"
    geo, air = asked["sources"]
    assert (geo["name"], geo["outcome"], geo["attempts"]) == ("geo", "fresh", 1)
    assert geo["ready_ms"] <= geo["started_ms"] <= geo["ended_ms"] <= air["ready_ms"] <= air["ended_ms"]


def test_a_partial_answer_has_an_exit_code_of_its_own(run: Run, demo: dict[str, str], upstream: Upstream) -> None:
    upstream.rules({"countries-dev": {"fail": "status", "status": 503}})
    ran = run("call", "trip", "city=Lisbon", **demo)
    assert ran.code == 3
    assert set(ran.json["errors"]) == {"country", "rates"}
    assert "200 partial in " in ran.messages
    assert "country: country answered with status 503" in ran.messages
    assert "rates: " not in ran.messages, "it failed for country alone"


def test_a_failed_answer_fails_the_command(run: Run, demo: dict[str, str]) -> None:
    ran = run("call", "trip", "city=Xyzzyq", **demo)
    assert ran.code == 1
    assert ran.json["status"] == 404
    assert "404 failed in " in ran.messages
    assert "no call" in ran.messages


def test_an_optional_parameter_may_be_given_or_left_out(run: Run, demo: dict[str, str]) -> None:
    assert len(run("call", "forecast", "city=Lisbon", **demo).json["forecast"]["time"]) == 3
    assert len(run("call", "forecast", "city=Lisbon", "days=2", **demo).json["forecast"]["time"]) == 2


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ([], "city: field required"),
        (["city"], "has no '='"),
        (["town=Lisbon"], "'town' is no parameter of"),
        (["city=Lisbon", "city=Paris"], "given twice"),
        (["city=L"], "at least 2"),
        (["city=Lisbon", "--model", "processes"], "--model"),
        (["city=Lisbon", "--allow", "nonsense"], "CIDR:port"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_call(
    run: Run, demo: dict[str, str], upstream: Upstream, parameters: list[str], said: str
) -> None:
    ran = run("call", "trip", *parameters, **demo)
    assert ran.code == 2
    assert said in " ".join(ran.messages.replace("│", " ").split())
    assert ran.output == ""
    assert sum(upstream.calls().values()) == 0


def test_an_endpoint_that_is_not_there_is_refused(run: Run, demo: dict[str, str]) -> None:
    assert run("call", "tripp", "city=Lisbon", **demo).code == 2


@pytest.mark.parametrize("model", MODELS)
def test_an_address_that_is_not_public_needs_to_be_allowed(run: Run, demo: dict[str, str], model: str) -> None:
    arguments = ("call", "air_quality", "city=Lisbon", "--model", model)
    refused = run(*arguments, **demo | {"FANIN_ALLOW": ""})
    assert refused.code == 1
    assert "--allow 127.0.0.0/8:8000" in refused.messages
    allowed = run(*arguments, "--allow", "127.0.0.0/8:*", **demo | {"FANIN_ALLOW": ""})
    assert allowed.code == 0


@pytest.mark.parametrize("model", MODELS)
def test_a_header_goes_to_the_sources_that_forward_it(run: Run, written: Callable[[str], str], model: str) -> None:
    with Recorder() as server:
        file = written(
            f'fanin = 1\n[sources.a]\nurl = "http://127.0.0.1:{server.port}/"\n'
            'forward = ["Accept-Language", "X-Tenant"]\n'
            '[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
        )
        arguments = ("call", "e", "-f", file, "--allow", "127.0.0.0/8:*", "--model", model)
        ran = run(*arguments, "-H", "accept-language: pt, en", "--header", "X-Tenant:7")
        assert ran.code == 0, ran.messages
        (request,) = server.requests
        assert b"\r\nAccept-Language: pt, en\r\n" in request
        assert b"\r\nX-Tenant: 7\r\n" in request
        for wrong, said in {
            "Cookie: a=b": "Cookie is handed on to no source of e",
            "Accept-Language": "has no ':'",
        }.items():
            refused = run(*arguments, "-H", wrong)
            assert refused.code == 2
            assert said in " ".join(refused.messages.split())
        assert len(server.requests) == 1


def test_a_variable_may_come_by_itself(run: Run, demo: dict[str, str]) -> None:
    pairs = (pair.partition("=") for pair in demo["FANIN_VARIABLES"].split())
    environment = {f"FANIN_VAR_{name.upper()}": url for name, _, url in pairs}
    assert run("call", "air_quality", "city=Lisbon", FANIN_ALLOW=demo["FANIN_ALLOW"], **environment).code == 0


@pytest.mark.parametrize(("model", "missing"), [("async", "httpx"), ("sync", "requests"), ("threads", "requests")])
def test_a_client_that_is_not_installed_is_named(demo: dict[str, str], model: str, missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import fanin.cli; fanin.cli.app()"
    command = [sys.executable, "-c", code, "call", "air_quality", "city=Lisbon", "--model", model]
    ran = subprocess.run(command, env=os.environ | demo, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert f"needs {missing}" in ran.stderr


def test_a_fault_of_fanins_own_is_told_in_a_line(
    run: Run, demo: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("something that cannot be")

    monkeypatch.setattr(given, "ask", broken)
    ran = run("call", "air_quality", "city=Lisbon", **demo)
    assert ran.code == 70
    assert ran.messages.startswith("fanin: a fault of its own: RuntimeError: something that cannot be")
    assert ran.messages.count("\n") == 1


def test_a_missing_secret_is_named_with_the_variable_to_set(run: Run, written: Callable[[str], str]) -> None:
    file = written(
        'fanin = 1\n[sources.members]\nurl = "https://a.example/x"\nauth = { bearer = "{!members_key}" }\n'
        '[endpoints.e]\npath = "/e"\nsources = ["members"]\n'
    )
    ran = run("call", "e", "--file", file)
    assert ran.code == 1
    assert "members: the secret 'members_key' is missing: set FANIN_SECRET_MEMBERS_KEY" in ran.messages
    assert "FANIN_SECRET_MEMBERS_KEY" not in ran.output
