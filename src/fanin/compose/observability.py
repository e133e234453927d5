"""How functions are seen: what they log, and what they count."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from fanin.config.finding import ConfigError, Finding
from fanin.entrypoints.aws_lambda.handler import Observability
from fanin.observability import logs
from fanin.observability.metrics import Metrics
from fanin.observability.redact import Redact, redactor
from fanin.observability.served import Served, Watch, closing, log_request, tell

_TRACES = "FANIN_TRACES"
_COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
_PROTOCOL = "http/protobuf"


def configure_logs(environment: Mapping[str, str], known: Redact = str) -> None:
    """Have every logger of this process write lines of JSON with nothing in them that must be hidden.

    Args:
        environment: the function's environment.
        known: hides the secrets that the function knows.

    Raises:
        ConfigError: `FANIN_LOG_LEVEL` is no level.
    """
    name = environment.get("FANIN_LOG_LEVEL") or environment.get("AWS_LAMBDA_LOG_LEVEL") or "INFO"
    try:
        level = logs.level_of(name)
    except ValueError as error:
        finding = Finding("bad-log-level", ("FANIN_LOG_LEVEL",), str(error), f"Write one of {', '.join(logs.LEVELS)}")
        raise ConfigError([finding], "environment") from error
    logs.configure(level, redactor(known))


def observability(environment: Mapping[str, str]) -> Observability:
    """Say how a function is seen: by a line of the log for each request, and in Lambda by metrics."""
    return Observability(watching(environment), lambda: environment.get("_X_AMZN_TRACE_ID", ""))


def watching(environment: Mapping[str, str]) -> Watch:
    """Give what hears of each request.

    The log always does. Metrics do in Lambda, or if `FANIN_METRICS` asks for them. An OpenTelemetry collector does if
    `OTEL_EXPORTER_OTLP_ENDPOINT` names one. Under `make run` the front door does, by the file that `FANIN_TRACES`
    names.

    Raises:
        ConfigError: the collector cannot be told, for want of packages or by another protocol.
    """
    beside = _beside_the_log(environment)
    in_one_piece = bool(beside) and isinstance(beside[0], Metrics) and logs.go_to(sys.stdout)
    return _each([partial(log_request, flush=False) if in_one_piece else log_request, *beside])


def watching_server(environment: Mapping[str, str]) -> Watch | None:
    """Say what is told of each request under a server: what the environment asks for beside the log.

    In Lambda the same application is told of by its handler, and this is None.

    Raises:
        ConfigError: the collector cannot be told.
    """
    if environment.get("AWS_LAMBDA_FUNCTION_NAME"):
        return None
    watches = _beside_the_log(environment)
    return _each(watches) if watches else None


class _Each:
    """Tells several of each request, in turn."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches

    def __call__(self, served: Served) -> None:
        for told in self._watches:
            tell(told, served)

    def close(self) -> None:
        """Have each send what it has not sent yet."""
        for told in self._watches:
            closing(told)


def _each(watches: Sequence[Watch]) -> Watch:
    return watches[0] if len(watches) == 1 else _Each(watches)


def _beside_the_log(environment: Mapping[str, str]) -> list[Watch]:
    watches: list[Watch] = []
    shared = "AWS_LAMBDA_MAX_CONCURRENCY" in environment  # on Managed Instances, which are paid for by the instance
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME", "")
    wanted = environment.get("FANIN_METRICS") or str(bool(function) and "AWS_SAM_LOCAL" not in environment)
    if wanted.lower() == "true":
        memory_mb = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 1024)
        watches.append(Metrics(function or "local", None if shared or not function else memory_mb, sys.stdout))
    if environment.get(_COLLECTOR) and environment.get("OTEL_SDK_DISABLED", "").lower() != "true":
        watches.append(_telemetry(environment, function, may_freeze=bool(function) and not shared))
    if environment.get(_TRACES):
        watches.append(_traces(environment[_TRACES]))
    return watches


def _traces(file: str) -> Watch:
    """Write each request's trace into a file, as `make run` has it, with what was logged of it before."""
    from fanin.entrypoints.console.trace_file import TraceWriter  # noqa: PLC0415 - no part of a cold start on AWS
    from fanin.observability.kept_lines import kept_lines  # noqa: PLC0415 - likewise

    return TraceWriter(Path(file), kept_lines())


def _telemetry(environment: Mapping[str, str], function: str, *, may_freeze: bool) -> Watch:
    protocol = environment.get("OTEL_EXPORTER_OTLP_PROTOCOL") or _PROTOCOL
    if protocol != _PROTOCOL:
        message, fix = f"{protocol!r} is not spoken", f"Write {_PROTOCOL}, or leave it out"
        raise ConfigError([Finding("bad-telemetry", ("OTEL_EXPORTER_OTLP_PROTOCOL",), message, fix)], "environment")
    try:
        from fanin.observability.otlp import TIMEOUT, Telemetry  # noqa: PLC0415 - slow, and for those who want it
    except ModuleNotFoundError as error:
        message, fix = f"this needs the package {error.name}", "Install fanin[otlp]"
        raise ConfigError([Finding("bad-telemetry", (_COLLECTOR,), message, fix)], "environment") from error
    own = {"service.name": function or "fanin"} if not environment.get("OTEL_SERVICE_NAME") else {}
    if function:
        own |= {"faas.name": function, "cloud.provider": "aws", "cloud.region": environment.get("AWS_REGION", "")}
    timeout = None if environment.get("OTEL_EXPORTER_OTLP_TIMEOUT") else TIMEOUT
    return Telemetry(own, at_once=may_freeze, timeout=timeout)
