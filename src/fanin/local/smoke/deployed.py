"""Where an environment's deployment is, as its stack says."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from fanin.local.process.console import Problem
from fanin.local.sam import environments


def url_of(name: str) -> str:
    """Give the URL of an environment that is deployed to AWS.

    Raises:
        Problem: there is no such environment or stack, or AWS cannot be asked.
    """
    environment = environments.in_the_cloud(name, "smoke")
    try:
        stacks = boto3.client("cloudformation", region_name=environment.region)
        (stack,) = stacks.describe_stacks(StackName=environment.stack_name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise Problem(f"AWS does not say where {environment.stack_name} is: {error}") from error
    outputs = {output.get("OutputKey"): output.get("OutputValue") for output in stack.get("Outputs", [])}
    if not (url := outputs.get("Url")):
        raise Problem(f"The stack {environment.stack_name} has no output Url.")
    return url.rstrip("/")
