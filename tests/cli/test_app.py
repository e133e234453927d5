import subprocess
import sys

import fanin
from tests.cli.conftest import Run

LATER = ("fastapi", "starlette", "mangum", "httpx", "httptools", "requests")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_the_command_imports_no_framework_and_no_client() -> None:
    ran = _python(f"import sys, fanin.cli; print([name for name in {LATER} if name in sys.modules])")
    assert ran.stdout.strip() == "[]", ran.stderr


def test_nothing_that_functions_import_imports_the_command() -> None:
    command = "('fanin.cli', 'typer', 'rich')"
    code = f"import sys, fanin.compose.gateway; print([name for name in {command} if name in sys.modules])"
    assert _python(code).stdout.strip() == "[]"


def test_without_its_extra_the_command_says_what_to_install() -> None:
    ran = _python("import sys; sys.modules['typer'] = None; import fanin.cli")
    assert ran.returncode == 1
    assert ran.stderr == "fanin: the command needs typer. Install fanin[cli].\n"


def test_without_arguments_it_explains_itself(run: Run) -> None:
    ran = run()
    assert ran.code == 2
    for word in ("check", "schema", "routes", "explain", "call", "Exit codes"):
        assert word in ran.output + ran.messages


def test_it_tells_its_version(run: Run) -> None:
    assert run("--version").output == f"fanin {fanin.__version__}\n"


def test_an_unknown_command_is_a_mistake_of_the_command_line(run: Run) -> None:
    assert run("frobnicate").code == 2


def test_it_runs_as_a_module() -> None:
    ran = subprocess.run([sys.executable, "-m", "fanin.cli", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == f"fanin {fanin.__version__}\n"
