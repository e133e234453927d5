"""docs/reference.md names every key, rule, problem type, variable and limit; its examples, and the README's, load."""

import ast
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import BaseModel

import fanin
from fanin.config import Config, Endpoint, Source, load, parse
from fanin.config.answering import Pages
from fanin.config.api import PROBLEM_TYPES
from fanin.config.auth import Auth, OAuth2, SigV4
from fanin.config.callers import Callers
from fanin.config.callers.authorizer import Authorizer
from fanin.config.callers.jwt import Jwt
from fanin.config.client_limit import ClientLimit
from fanin.config.cors import Cors
from fanin.config.databases import Database
from fanin.config.format import GATEWAY_LIMIT, JOB_LIMIT, MAX_SOURCES, Passthrough
from fanin.config.graphql import GraphQL
from fanin.config.jobs import Jobs
from fanin.config.kinds.compute import ComputeSource
from fanin.config.kinds.first_of import FirstOfSource
from fanin.config.kinds.http import HttpSource
from fanin.config.kinds.register import KINDS
from fanin.config.kinds.sql import SqlSource
from fanin.config.kinds.value import ValueSource
from fanin.config.parameters import Parameter
from fanin.config.policies import Cache, CircuitBreaker, Fallback, Hedge, RateLimit, Retry
from fanin.config.reading import MAX_FILE
from fanin.config.template import MAX_BODY, MAX_URL
from fanin.contract import answers, headers, problems, request_limits
from fanin.credentials.secrets import vault
from fanin.entrypoints.aws_lambda.handler import RESERVE
from fanin.entrypoints.fastapi.jobs import MAX_PAGE
from fanin.entrypoints.websocket import limits
from fanin.errors import SourceError
from fanin.jobs.job import KEPT, MAX_RUNS
from fanin.jobs.order import MAX_ORDER
from fanin.jobs.service import KEY_KEPT
from fanin.observability import logs
from fanin.policies.cache.lease import MAX_LEASE
from fanin.sources.decoders import feed, xml
from fanin.sources.meaning import MOST_MEMBERS
from fanin.stores import bounds, lru
from fanin.stores.store import GLANCE, READ_WITHIN

ROOT = Path(__file__).parents[2]
PACKAGE = Path(fanin.__file__).parent
REFERENCE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")

type Rows = dict[str, list[str]]
"""A table's rows by their first cell, without its backticks."""


def rows(heading: str) -> Rows:
    """Read the rows of the section under a heading, down to the next, whose first cell is in backticks."""
    section = re.split(r"^#+ ", REFERENCE.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")
    ]
    return {first.strip("`"): rest for first, *rest in cells}


def blocks(text: str) -> list[str]:
    """Read the TOML examples of a page."""
    return re.findall(r"^```toml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def called(*names: str) -> Iterator[Sequence[ast.expr]]:
    """Find the calls of these functions in the package, and give the arguments of each."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node.args


def texts(calls: Iterator[Sequence[ast.expr]], position: int) -> set[str]:
    """Give the literal texts among the arguments at a position."""
    arguments = (arguments[position] for arguments in calls if len(arguments) > position)
    return {node.value for node in arguments if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def kinds(error: type[SourceError]) -> Iterator[type[SourceError]]:
    """Give the leaves of the tree of source errors."""
    below = error.__subclasses__()
    if not below:
        yield error
    for kind in below:
        yield from kinds(kind)


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("## fanin.toml", Config),
        ("### A source: `[sources.NAME]`", HttpSource),
        ("### A database: `[databases.NAME]`", Database),
        ("### An endpoint: `[endpoints.NAME]`", Endpoint),
        ("#### `auth`", Auth),
        ("##### `oauth2`", OAuth2),
        ("##### `sigv4`", SigV4),
        ("#### `graphql`", GraphQL),
        ("#### `circuit_breaker`", CircuitBreaker),
        ("#### `retry`", Retry),
        ("#### `hedge`", Hedge),
        ("#### `rate_limit`", RateLimit),
        ("#### `fallback`", Fallback),
        ("#### `cache`", Cache),
        ("#### `pages`", Pages),
        ("### Jobs: `[jobs]`", Jobs),
        ("### Pages on other origins: `[cors]`", Cors),
        ("### Who may ask: `[callers.NAME]`", Callers),
        ("#### `authorizer`", Authorizer),
        ("#### `jwt`", Jwt),
        ("#### `passthrough`", Passthrough),
        ("#### `client_limit`", ClientLimit),
        ("### A parameter: `[endpoints.NAME.parameters.NAME]`", Parameter),
    ],
)
def test_every_key_is_described_and_no_other(heading: str, model: type[BaseModel]) -> None:
    described = {key: default == "required" for key, (_, default, _) in rows(heading).items()}
    assert described == {field.alias or key: field.is_required() for key, field in model.model_fields.items()}


def test_the_keys_of_every_kind_of_source_are_described() -> None:
    static = rows("#### A static value: `value`")
    assert {key: default == "required" for key, (_, default, _) in static.items()} == {
        key: ValueSource.model_fields[key].is_required() for key in ValueSource.accepted() - Source.model_fields.keys()
    }
    computed = rows("#### A computed value: `compute`")
    assert computed.keys() == ComputeSource.accepted() - Source.model_fields.keys()
    first = rows("#### The first of several: `first_of`")
    assert first.keys() == {"first_of", "hedge"} == FirstOfSource.accepted() - {"when", "after"}
    sql = rows("#### Rows of a database: `sql`")
    assert {key: default == "required" for key, (_, default, _) in sql.items()} == {
        key: SqlSource.model_fields[key].is_required() for key in SqlSource.accepted() - Source.model_fields.keys()
    }
    assert set(KINDS) == {HttpSource, ValueSource, ComputeSource, FirstOfSource, SqlSource}


def test_every_rule_is_described_and_no_other() -> None:
    described = rows("### Mistakes") | rows("### Warnings")
    assert set(described) == texts(called("Finding", "Mistake"), 0)


def test_every_failure_of_a_source_is_described_with_its_status() -> None:
    described = rows("### Problem types")
    statuses = {kind.problem: str(kind.status) for kind in kinds(SourceError)}
    assert statuses == {problem: described[problem][0] for problem in statuses if problem in described}


def test_every_problem_of_a_request_is_described() -> None:
    whole = {problem for problem, _ in [*problems._WHOLE.values(), problems._FAILED]}
    raised = texts(called("RequestError", "as_problem"), 1)
    raised -= {"stream-ended"}  # 204: no body says it
    of_sources = {kind.problem for kind in kinds(SourceError)}
    assert set(rows("### Problem types")) == raised | whole | of_sources


def test_every_environment_variable_is_described() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    read = {name.rstrip("_") for name in re.findall(r'"(FANIN_[A-Z_]+|OTEL_EXPORTER_OTLP_ENDPOINT)"', sources)}
    described = {name.removesuffix("_NAME") for name in rows("## Environment variables")}
    assert read == described


@pytest.mark.parametrize(
    ("limit", "figure"),
    [
        ("`fanin.toml`", f"{MAX_FILE:,} bytes"),
        ("a source's URL with its values", f"{MAX_URL:,} characters"),
        ("a source's body with its values", f"{MAX_BODY:,} bytes"),
        ("sources of one endpoint", f"{MAX_SOURCES}"),
        ("an endpoint's timeout, and any request", f"{GATEWAY_LIMIT:.0f} s"),
        ("reserved of the invocation's time for merging and answering", f"{RESERVE * 1000:.0f} ms"),
        ("path and query of a request, percent-encoded", f"{request_limits.MAX_TARGET:,} bytes"),
        ("values of one key in the query", f"{request_limits.MAX_VALUES}"),
        ("names and values of all headers of a request", f"{request_limits.MAX_HEADERS:,} bytes"),
        ("body of a request", f"{request_limits.MAX_BODY:,} bytes"),
        ("an answer, as a JSON text in Lambda's response", f"{answers.MAX_RESPONSE:,} bytes"),
        ("a text in a line of the log", f"{logs.MAX_TEXT:,} characters"),
        ("levels of lists and objects in such a line", f"{logs.MAX_DEPTH}"),
        ("a job's time", f"{JOB_LIMIT:.0f} s, or `job_timeout`"),
        ("a job is kept, and so is its answer", f"{KEPT / 86400:.0f} days"),
        ("an idempotency key is kept", f"{KEY_KEPT / 3600:.0f} hours"),
        ("runs of a job", f"{MAX_RUNS}"),
        ("body of a request for a job", f"{MAX_ORDER:,} bytes"),
        ("jobs of a page", f"{MAX_PAGE}"),
        ("a look-up of secrets", f"{vault.LONGEST_LOOK_UP:.0f} s, and half of the call's time"),
        ("a secret's value is used without looking it up", f"{vault.KEPT:.0f} s"),
        ("answers kept in the memory of an environment", f"{lru.MAX_BYTES:,} bytes, {lru.MAX_ENTRIES:,} answers"),
        ("an answer in the table, compressed", f"{bounds.MAX_ITEM:,} bytes"),
        (
            "a request to the table",
            f"{GLANCE * 1000:.0f} ms; {READ_WITHIN * 1000:.0f} ms if fanin would have to call the source",
        ),
        ("a lease to call a source for all environments", f"{MAX_LEASE:.0f} s"),
        ("`Fanin-Sources` and `Server-Timing` together", f"{headers.MAX_HEADERS:,} bytes"),
        (
            "levels of elements in an answer in XML, and in a feed",
            f"{xml.MAX_LEVELS}, {feed.MAX_LEVELS}",
        ),
        ("a field of an answer in CSV", f"{csv.field_size_limit():,} characters"),
        ("what `problem` adds to a problem", f"{MOST_MEMBERS:,} bytes"),
        ("over WebSocket: a client's message", f"{limits.MAX_MESSAGE_IN:,} bytes"),
        ("a message to a client", f"{limits.MAX_MESSAGE_OUT:,} bytes"),
        ("subscriptions of one connection at the same time", f"{limits.MAX_SUBSCRIPTIONS}"),
        ("messages of one connection in a minute", f"{limits.MAX_MESSAGES}"),
        ("`every` of a subscription", f"{limits.LEAST_EVERY:.0f} s to {limits.MOST_EVERY:.0f} s"),
        ("a message that a client does not take", f"{limits.SEND_TIMEOUT:.0f} s"),
    ],
)
def test_limits_have_the_figures_of_the_code(limit: str, figure: str) -> None:
    assert f"| {limit} | {figure} |" in REFERENCE


def test_problem_types_begin_as_the_reference_says() -> None:
    assert f"`{PROBLEM_TYPES}`" in REFERENCE


def test_the_smallest_file_loads() -> None:
    smallest, *_ = blocks(REFERENCE)
    assert set(parse(smallest, {}).endpoints) == {"rates"}


def test_the_other_examples_of_the_reference_are_one_file_that_loads() -> None:
    _, *others = [block for block in blocks(REFERENCE) if not block.startswith("include")]  # there are no such files
    config = parse("\n".join(["fanin = 1", *others]), {})
    assert config.endpoints["shops"].path_parameters == ("city",)


def test_the_examples_use_every_key() -> None:
    fields = [item for model in (Source, Endpoint, Parameter) for item in model.model_fields.items()]
    keys = {field.alias or key for key, field in fields}
    written = set(re.findall(r"^([a-z_]+) =", "\n".join(blocks(REFERENCE)), flags=re.MULTILINE))
    assert keys - {"parameters"} <= written  # parameters are tables of their own


@pytest.mark.parametrize("example", blocks((ROOT / "docs/answers.md").read_text(encoding="utf-8")))
def test_the_examples_of_answers_load(example: str) -> None:
    assert parse(example, {}).endpoints


def test_the_examples_of_databases_are_one_file_that_loads() -> None:
    examples = "\n".join(blocks((ROOT / "docs/databases.md").read_text(encoding="utf-8")))
    assert parse(examples, {}).sources["stock"].batch


def test_the_example_of_policies_loads() -> None:
    (example,) = blocks((ROOT / "docs/policies.md").read_text(encoding="utf-8"))
    assert parse(f"fanin = 1\n{example}\n[endpoints]", {}).sources["weather"].retry


def test_the_examples_of_the_readme_load_when_they_are_appended(tmp_path: Path) -> None:
    examples = "\n".join(blocks((ROOT / "README.md").read_text(encoding="utf-8")))
    file = tmp_path / "fanin.toml"
    file.write_text((ROOT / "fanin.toml").read_text(encoding="utf-8") + "\n" + examples, encoding="utf-8")
    assert load(file, {}).endpoints["item"].sources == ("item", "stock")
