"""The Django project, and what Django's own exceptions come to."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from fanin.compose.django import django
from tests.contract.ask import Question, in_process
from tests.functions import asgi, django_application

PROJECT = Path(__file__).parents[2] / "functions/django"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project, as a developer does."""
    environment = {**os.environ, "FANIN_CONFIG": str(PROJECT.parents[1] / "fanin.toml"), "PYTHONWARNINGS": "error"}
    python = [sys.executable, *command]
    return subprocess.run(python, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def test_the_checks_of_a_deployment_find_nothing() -> None:
    """Beside what settings.py silences, with its reasons, and docs/django.md explains."""
    ran = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert ran.returncode == 0, ran.stderr
    assert "no issues (3 silenced)" in ran.stdout


def test_what_a_function_starts_with_is_no_more_than_it_needs() -> None:
    """Neither view's client, which is imported when the view is first asked, nor another framework."""
    script = (
        "import app, sys; print(*{'fastapi', 'starlette', 'httpx', 'requests', 'django.contrib'} & sys.modules.keys())"
    )
    ran = run("-c", script)
    assert (ran.returncode, ran.stdout.strip()) == (0, "")


def test_a_file_that_cannot_be_served_keeps_the_server_from_starting(tmp_path: Path) -> None:
    """And not its first request from being answered."""
    (tmp_path / "fanin.toml").write_text("fanin = 2\n")
    script = f"""
import importlib, os
os.environ['FANIN_CONFIG'] = {str(tmp_path / "fanin.toml")!r}
for name in ("app", "asgi", "wsgi"):
    try:
        importlib.import_module(name)
    except Exception as error:
        print(name, type(error).__name__)
"""
    assert run("-c", script).stdout.split() == ["app", "ConfigError", "asgi", "ConfigError", "wsgi", "ConfigError"]


def broken(_: HttpRequest) -> HttpResponse:
    """Have a bug."""
    raise ZeroDivisionError("secret reason")


async def broken_too(_: HttpRequest) -> HttpResponse:
    """Have a bug, on the loop."""
    raise ZeroDivisionError("secret reason")


@pytest.mark.parametrize("view", [broken, broken_too])
def test_a_bug_is_an_internal_error_without_its_reason(view: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The client sees a problem and the request's id; the reason is in the log."""
    with asgi(django_application([path("broken", view)])) as handler:
        reply = in_process(handler, "")(Question("/broken"))
    assert reply.status == 500
    assert reply.body["type"].endswith("/internal-error")
    assert reply.headers["x-request-id"] == reply.body["request_id"]
    assert b"secret" not in reply.content
    assert "secret reason" in caplog.text


def test_what_django_says_of_each_refusal_is_left_out_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Each request has a line of fanin's already. What Django says of an exception stays."""
    logger, before = logging.getLogger("django.request"), logging.getLogger("django.request").filters[:]
    try:
        django(PROJECT.parents[1], {})
        logger.warning("Not Found: /nowhere")
        logger.error("Internal Server Error: /broken", exc_info=ZeroDivisionError("a bug"))
    finally:
        logger.filters[:] = before
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "Internal Server Error: /broken"
