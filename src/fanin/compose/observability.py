"""How functions are seen: what they log, and what they count."""

import sys
from collections.abc import Mapping

from fanin.config.finding import ConfigError, Finding
from fanin.entrypoints.aws_lambda.handler import Observability
from fanin.observability import logs
from fanin.observability.metrics import Metrics
from fanin.observability.redact import Redact, redactor
from fanin.observability.served import Served, Watch, log_request


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
    """Say what is told of each request: the log, and in Lambda, or where `FANIN_METRICS` asks for them, metrics."""
    function = environment.get("AWS_LAMBDA_FUNCTION_NAME", "")
    wanted = environment.get("FANIN_METRICS") or str(bool(function) and "AWS_SAM_LOCAL" not in environment)
    if wanted.lower() != "true":
        return log_request
    memory_mb = int(environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 1024)
    shared = "AWS_LAMBDA_MAX_CONCURRENCY" in environment  # on Managed Instances, which are paid for by the instance
    metrics = Metrics(function or "local", None if shared else memory_mb, sys.stdout)

    def watch(served: Served) -> None:
        log_request(served)
        metrics(served)

    return watch
