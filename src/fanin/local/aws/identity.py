"""Who asks AWS: found out before anything else takes its time."""

from typing import Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fanin.local.process.console import Problem
from fanin.local.sam.environments import Environment

QUICK: Final = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
"""How long a question to AWS may take: seconds, twice at most."""
_HELP: Final = """\
Get credentials in one of these ways, and try again:

  aws configure sso, once, then: aws sso login    for an account of your organisation
  export AWS_PROFILE=NAME                         for a profile of ~/.aws/config
  export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_SESSION_TOKEN=…

`aws sts get-caller-identity` shows who you are. Nothing has been built or changed."""


def require(environment: Environment) -> str:
    """Ask AWS who asks, and give the ARN.

    Args:
        environment: is in the region that is asked.

    Raises:
        Problem: there are no credentials, or none that count; the message says how to get some.
    """
    try:
        client = boto3.client("sts", region_name=environment.region, config=QUICK)
        return str(client.get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError) as error:
        raise Problem(f"AWS does not know you: {error}\n\n{_HELP}") from error
