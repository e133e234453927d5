"""The secrets of this machine's environment, put where the functions of the embedded AWS look them up."""

import os
from collections.abc import Mapping
from contextlib import closing

from fanin.aws.client_blocking import BlockingAws
from fanin.credentials.secrets.places import PREFIX, ParameterStore, place_of
from fanin.local.sam.environments import Environment
from fanin.local.stack.servers import Server, environment_of
from fanin.sources.tls import tls_context

_WITHIN = 10.0
"""Seconds that the embedded AWS may take for each."""


def hand_over(environment: Environment, aws: Server, variables: Mapping[str, str] = os.environ) -> None:
    """Put each FANIN_SECRET_NAME into the Parameter Store, under the path that samconfig.toml names.

    Args:
        environment: the environment that is deployed.
        aws: the embedded AWS that serves it.
        variables: this program's environment.
    """
    place = place_of({"FANIN_SECRETS": environment.parameters["Secrets"]})
    assert isinstance(place, ParameterStore), "local's secrets are in the Parameter Store"
    with closing(BlockingAws(environment_of(aws), tls_context())) as client:
        for name, value in variables.items():
            if name.startswith(PREFIX) and value:
                parameter = place.path + name.removeprefix(PREFIX).lower()
                client.call(
                    "ssm",
                    "PutParameter",
                    {"Name": parameter, "Value": value, "Type": "SecureString", "Overwrite": True},
                    timeout=_WITHIN,
                )
