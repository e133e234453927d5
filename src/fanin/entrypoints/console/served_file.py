"""fanin.toml as it is served, with what `fanin check` finds in it, and without what logs may not show."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fanin.config import parse
from fanin.config.callers.key_form import without_keys
from fanin.config.finding import ConfigError, Finding
from fanin.config.reading import MAX_FILE, decoded
from fanin.config.values import Json
from fanin.config.variables import unknown
from fanin.config.warn import warnings
from fanin.credentials.secrets.missing import missing
from fanin.observability.redact import Redact


def told_file(path: Path, environment: Mapping[str, str], redact: Redact) -> dict[str, Json]:
    """Tell a file's lines and the findings in it, read anew: it may have been saved since it was loaded.

    Args:
        path: where fanin.toml is.
        environment: the process's, whose variables go before the file's.
        redact: hides what logs may not show.
    """
    errors, warnings, text = _found(path, environment)
    lines: list[Json] = [redact(without_keys(line)) for line in text.splitlines()]
    findings: list[Json] = [
        *(_finding("error", finding, redact) for finding in errors),
        *(_finding("warning", finding, redact) for finding in warnings),
    ]
    return {"file": path.name, "lines": lines, "findings": findings}


def _found(path: Path, environment: Mapping[str, str]) -> tuple[Sequence[Finding], Sequence[Finding], str]:
    """Give a file's mistakes, its warnings and its text."""
    text = ""
    try:
        with path.open("rb") as file:
            text = decoded(file.read(MAX_FILE + 1), path.name)
        config = parse(text, environment, file=path.name, folder=path.parent)
    except OSError as error:
        return [Finding("file", (), f"cannot be read: {error.strerror}", "Put it back")], [], text
    except ConfigError as error:
        return error.findings, [], text
    around = [*unknown(environment, config.variables), *missing(config, environment)]
    return [], warnings(config, text, around), text


def _finding(severity: str, finding: Finding, redact: Redact) -> dict[str, Json]:
    return {
        "severity": severity,
        "rule": finding.rule,
        "file": finding.file,
        "line": finding.line,
        "message": redact(finding.message),
        "fix": redact(finding.fix),
    }
