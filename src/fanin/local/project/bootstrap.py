"""From a machine with only Python 3 to a pinned uv and a Python 3.13, both noted under .tools of the working folder.

Run by whatever Python 3 the machine has, before any environment exists, and out of a wheel, too: standard library only,
Python 3.9 and later. Makes .tools/uv, an environment that holds uv, and .tools/python, a file that names the
interpreter.
"""

import glob
import os
import shutil
import subprocess
import sys
from typing import Iterator, List, Optional

from fanin.local.project import data

ROOT = os.getcwd()
TOOLS = os.path.join(ROOT, ".tools")
UV = os.path.join(TOOLS, "uv", "bin", "uv")


def main() -> int:
    """Do both; 0 if they are there, 1 if one is not to be had, which is then told with what to do."""
    if sys.version_info < (3, 9):
        return refuse("Python 3.9 or later is needed. Say which one to use: make MACHINE_PYTHON=python3.11 ...")
    wanted = data.text(".python-version").strip()
    problem = install_uv()
    if problem:
        return refuse(problem)
    python = first_working(candidates(wanted), wanted) or download(wanted)
    if python is None:
        return refuse(
            f"Python {wanted} was not found, and `uv python install {wanted}` could not install it.\n"
            "Install it (from python.org, your system's packages or pyenv), and try again."
        )
    with open(os.path.join(TOOLS, "python"), "w", encoding="utf-8") as file:
        file.write(python + "\n")
    return 0


def install_uv() -> str:
    """Install the locked uv into an environment of its own; what is wrong if that failed, else nothing."""
    print("setting up uv", flush=True)
    shutil.rmtree(os.path.join(TOOLS, "uv"), ignore_errors=True)
    if subprocess.call([sys.executable, "-m", "venv", os.path.join(TOOLS, "uv")], stdout=subprocess.DEVNULL) != 0:
        return f"{sys.executable} cannot make environments. On Debian and Ubuntu: apt install python3-venv"
    pip = [os.path.join(TOOLS, "uv", "bin", "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    lock = os.path.join(TOOLS, "uv.txt")  # this file may be read out of a wheel, where pip finds no lock
    with open(lock, "w", encoding="utf-8") as file:
        file.write(data.text("requirements/uv.txt"))
    if subprocess.call([*pip, "--require-hashes", "--no-deps", "--requirement", lock]) != 0:
        return "uv could not be installed: is there a network, and does pip reach its package registry?"
    return ""


def candidates(wanted: str) -> Iterator[str]:
    """Yield paths that may be the wanted interpreter, the likeliest first."""
    yield sys.executable
    yield from filter(None, [shutil.which("python" + wanted)])
    # pyenv's shims fail outside a folder that selects the version, so its interpreters are asked for by their path.
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    interpreters = os.path.join(pyenv, "versions", wanted + "*", "bin", "python" + wanted)
    yield from sorted(glob.glob(interpreters), reverse=True)
    yield from filter(None, [output_of([UV, "python", "find", wanted])])


def first_working(paths: Iterator[str], wanted: str) -> Optional[str]:
    """Return the path of the first interpreter that starts and is the wanted version, not that of an environment."""
    probe = "import sys; print('%d.%d' % sys.version_info[:2]); print(getattr(sys, '_base_executable', sys.executable))"
    for path in paths:
        version, _, interpreter = output_of([path, "-I", "-c", probe]).partition("\n")
        if version == wanted:
            return interpreter
    return None


def download(wanted: str) -> Optional[str]:
    """Let uv download the interpreter; its path, or None where that failed."""
    print(f"setting up Python {wanted}, which this machine does not have", flush=True)
    output_of([UV, "python", "install", wanted])
    return output_of([UV, "python", "find", "--managed-python", wanted]) or None


def output_of(command: List[str]) -> str:
    """Return what a command printed, nothing if it could not start or failed."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def refuse(problem: str) -> int:
    """Tell a problem, and return the exit status that goes with it."""
    print(problem, file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
