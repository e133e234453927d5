"""What a fanin.toml with callers that send a JSON Web Token needs, and one without does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from fanin.config.files import needs_jwt
from fanin.local.sam import configuration

WITH = 'fanin = 1\n[callers.staff]\njwt = { issuer = "https://login.example.com", audience = "api" }\n'


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        (WITH, True),
        ('[callers.staff.jwt]\nissuer = "https://login.example.com"', True),
        ("[callers.staff]\niam = {}", False),
        ("[callers]\njwt = 1", False),
        ("callers = 1", False),
        ('[sources.jwt]\nurl = "https://a.example"', False),
        ("callers = ", False),
    ],
)
def test_only_a_file_with_such_callers_needs_the_library(tmp_path: Path, text: str, *, needs: bool) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(text)
    assert needs_jwt(file) is needs
    assert configuration.requirements(file) == (["jwt.txt"] if needs else [])


def test_a_file_that_is_included_counts(tmp_path: Path) -> None:
    (tmp_path / "callers.toml").write_text(WITH.removeprefix("fanin = 1\n"))
    file = tmp_path / "fanin.toml"
    file.write_text('fanin = 1\ninclude = ["callers.toml"]\n')
    assert needs_jwt(file)


def test_the_room_of_tokens_imports_few_parts_of_the_library() -> None:
    ask = "import sys; import fanin.callers.jwt.identify; print(*(n for n in sys.modules if 'cryptography' in n))"
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    assert "cryptography.hazmat.primitives.asymmetric.rsa" in said
    assert not [name for name in said if "x509" in name or "ciphers" in name or name.endswith(".serialization")]


def test_without_the_library_a_function_does_not_start_and_says_what_to_install(tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(f"{WITH}[sources.a]\nvalue = 1\n[endpoints.e]\npath = '/e'\nsources = ['a']\ncaller = 'staff'\n")
    start = "import sys; sys.modules['cryptography'] = None; from pathlib import Path"
    ask = f"{start}; from fanin.compose.sync import sync; sync(Path(sys.argv[1]), {{}})"
    ended = subprocess.run([sys.executable, "-c", ask, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ended.returncode
    assert "callers.staff.jwt: this needs the package cryptography. Install fanin[jwt] [bad-callers]" in ended.stderr


@pytest.mark.parametrize("jwt", [False, True])
def test_a_function_imports_the_library_only_for_such_callers(tmp_path: Path, *, jwt: bool) -> None:
    file, callers = tmp_path / "fanin.toml", WITH if jwt else "fanin = 1\n[callers.staff]\niam = {}\n"
    file.write_text(f"{callers}[sources.a]\nvalue = 1\n[endpoints.e]\npath = '/e'\nsources = ['a']\ncaller = 'staff'\n")
    start = "import sys; from pathlib import Path; from fanin.compose.gateway import gateway"
    ask = f"{start}; gateway(Path(sys.argv[1]), {{}}); print(*sorted(sys.modules))"
    said = subprocess.run([sys.executable, "-c", ask, str(tmp_path)], capture_output=True, text=True, check=True)
    imported = said.stdout.split()
    assert ("cryptography" in imported, "fanin.callers.jwt" in imported) == (jwt, jwt)
