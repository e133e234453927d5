"""The stack in the embedded AWS: deploying it, and exchanging its code while it serves."""

import io
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from fanin.local.process.console import Problem
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.sam import sam
from fanin.local.sam.environments import Environment
from fanin.local.stack.servers import REGION, Server, environment_of

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

EXECUTE_API = "/_aws/execute-api"
"""Below which an embedded AWS has its APIs, each under its id: their own hosts do not resolve everywhere."""


class Deployment:
    """A stack that is deployed to an embedded AWS.

    Args:
        stack_name: its name there.
        aws: the embedded AWS.
    """

    def __init__(self, stack_name: str, aws: Server) -> None:
        self._stack_name = stack_name
        self.environment = environment = environment_of(aws)
        self._session = session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        self.aws_url = aws.url
        self._clients: dict[str, Any] = {}
        self._stacks: CloudFormationClient = session.client("cloudformation", endpoint_url=aws.url)
        self._functions: LambdaClient = session.client("lambda", endpoint_url=aws.url)
        self.logs: CloudWatchLogsClient = session.client("logs", endpoint_url=aws.url)
        self.url = f"{aws.url}{EXECUTE_API}/{self.ids['Api']}/$default"
        live = self.ids.get("LiveApi")
        self.live_url = f"{aws.url}{EXECUTE_API}/{live}/live" if live else ""
        """Empty where there is no WebSocket API."""

    def client(self, service: str) -> Any:
        """Give boto3's client of a service, with the key that may do everything. It is made once."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self.aws_url)  # type: ignore[call-overload]
        return self._clients[service]

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """The id in AWS of each resource, by its name in the template."""
        resources = self._stacks.describe_stack_resources(StackName=self._stack_name)["StackResources"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def variables(self, function: str) -> Mapping[str, str]:
        """Return the environment variables of a function, by its name in the template."""
        found = self._functions.get_function_configuration(FunctionName=self.ids[function])
        return found["Environment"]["Variables"]

    def replace_variables(self, function: str, variables: Mapping[str, str]) -> None:
        """Let a function have these environment variables, and no others, from its next request on."""
        self._functions.update_function_configuration(
            FunctionName=self.ids[function], Environment={"Variables": dict(variables)}
        )

    def replace_function(self, function: str, artifact: Path) -> None:
        """Let a function run the code in a folder from its next request on."""
        self._functions.update_function_code(FunctionName=self.ids[function], ZipFile=_zipped(artifact))

    def replace_layer(self, layer: str, artifact: Path) -> None:
        """Let the functions that have a layer use the one in a folder from their next request on."""
        published = self._functions.publish_layer_version(LayerName=layer, Content={"ZipFile": _zipped(artifact)})
        for function in self._functions.list_functions()["Functions"]:
            before = [used["Arn"] for used in function.get("Layers", [])]
            after = [published["LayerVersionArn"] if _layer_name(arn) == layer else arn for arn in before]
            if after != before:
                self._functions.update_function_configuration(FunctionName=function["FunctionName"], Layers=after)


def deploy(
    environment: Environment,
    template: Path,
    parameters: Mapping[str, str],
    aws: Server,
    processes: Processes,
) -> Deployment:
    """Deploy a built template with the real `sam deploy`, `parameters` added to the environment's own.

    Raises:
        Problem: the stack did not come to be.
    """
    command = sam.deploy(environment, template, parameters)
    try:
        processes.run("deploy", command, environment_of(aws) | sam.quiet())
    except CommandFailed as error:
        raise Problem(f"The deployment failed:\n\n{error.last_lines}\n\nMend that, and try again.") from error
    return Deployment(environment.stack_name, aws)


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return content.getvalue()


def _layer_name(arn: str) -> str:
    return arn.split(":")[6]
