"""Secrets in AWS's stores, by moto's server, looked up by both kinds of client."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest

from fanin.aws.client_blocking import BlockingAws
from fanin.config.finding import ConfigError
from fanin.credentials.secrets.places import EnvironmentVariables, ParameterStore, SecretsManager, place_of
from tests.aws.conftest import environment, moto
from tests.contract.ask import Question
from tests.faults.process import LOOPBACK, serving
from tests.faults.recorder import Recorder
from tests.roots import tls_context

__all__ = ["environment", "moto"]  # fixtures


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ssm:/fanin/prod/", ParameterStore("/fanin/prod/")),
        ("ssm:/", ParameterStore("/")),
        ("secretsmanager:fanin/prod/", SecretsManager("fanin/prod/")),
        ("secretsmanager:", SecretsManager("")),
        ("", EnvironmentVariables({"FANIN_SECRETS": ""})),
    ],
)
def test_the_environment_names_the_place(text: str, place: object) -> None:
    assert place_of({"FANIN_SECRETS": text}) == place


@pytest.mark.parametrize("text", ["ssm", "ssm:fanin/", "ssm:/fanin", "vault:/a/", "ssm:/a b/", "secretsmanager:a b"])
def test_what_names_no_place_keeps_the_function_from_starting(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        place_of({"FANIN_SECRETS": text})
    assert raised.value.findings[0].rule == "bad-secrets"


@pytest.fixture
def aws(environment: dict[str, str]) -> Iterator[BlockingAws]:
    with closing(BlockingAws(environment, tls_context())) as client:
        yield client


@pytest.mark.parametrize("store", ["ssm", "secretsmanager"])
@pytest.mark.parametrize("model", ["gateway", "threads", "sync"])
def test_secrets_are_looked_up_in_a_store(
    aws: BlockingAws, environment: dict[str, str], store: str, model: str, tmp_path: Path
) -> None:
    name = str(uuid4())
    if store == "ssm":
        place = f"/{name}/"
        parameter = {"Name": f"{place}key", "Value": "s3cr/t", "Type": "SecureString"}
        aws.call("ssm", "PutParameter", parameter, timeout=60)
    else:
        place = f"{name}/"
        secret = {"Name": f"{place}key", "SecretString": "s3cr/t", "ClientRequestToken": name}
        aws.call("secretsmanager", "CreateSecret", secret, timeout=60)
    functions = environment | {"FANIN_ALLOW": LOOPBACK, "FANIN_SECRETS": f"{store}:{place}"}
    with ExitStack() as ends:
        upstream = ends.enter_context(Recorder())
        toml = f"""
            [sources.api]
            url = "http://127.0.0.1:{upstream.port}/?k={{!key}}"
            [sources.other]
            url = "http://127.0.0.1:{upstream.port}/?k={{!missing}}"
            [endpoints.get]
            path = "/get"
            sources = ["api", "other"]"""
        ask = ends.enter_context(serving(toml, tmp_path, functions))[model]
        for _ in range(2):
            reply = ask(Question("/get"))
            assert reply.sources == {"api": "fresh", "other": "secret-unavailable"}
        assert [request.startswith(b"GET /?k=s3cr%2Ft ") for request in upstream.requests] == [True, True]


def test_a_store_that_cannot_be_reached_costs_its_source_alone(environment: dict[str, str], tmp_path: Path) -> None:
    functions = environment | {
        "FANIN_ALLOW": LOOPBACK,
        "FANIN_SECRETS": "ssm:/a/",
        "AWS_ENDPOINT_URL": "http://[::1]:1",
    }
    with Recorder() as upstream:
        url = f"http://127.0.0.1:{upstream.port}/"
        toml = f"""
            [sources.api]
            url = "{url}?k={{!key}}"
            [sources.open]
            url = "{url}"
            [endpoints.get]
            path = "/get"
            sources = ["api", "open"]"""
        with serving(toml, tmp_path, functions) as asks:
            for model in ("gateway", "sync"):
                assert asks[model](Question("/get")).sources == {"api": "secret-unavailable", "open": "fresh"}


def test_each_place_names_where_a_secret_is_to_be_put() -> None:
    """For the log, so that an operator can put it there."""
    assert EnvironmentVariables({}).where("members_key") == "FANIN_SECRET_MEMBERS_KEY"
    assert ParameterStore("/fanin/").where("key") == "the SSM parameter /fanin/key"
    assert SecretsManager("fanin/").where("key") == "the secret fanin/key in Secrets Manager"
