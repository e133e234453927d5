"""The credentials of the environment: in Lambda, those of the function's role."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fanin.aws.errors import AwsUnavailable

URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
"""The variable in which Lambda names its endpoint of credentials, where a function has SnapStart."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests are signed with; the parts that are secret are not in its repr.

    Args:
        access_key: the public name of the key.
        secret_key: the key.
        token: the session token of a role; empty for a user's own key.
    """

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Credentials":
        """Read them as AWS's own tools name them: from variables, or with SnapStart from Lambda's endpoint.

        Raises:
            AwsUnavailable: the environment has none.
        """
        access_key = environment.get("AWS_ACCESS_KEY_ID")
        secret_key = environment.get("AWS_SECRET_ACCESS_KEY")
        if not access_key or not secret_key:
            if environment.get(URI):
                from fanin.aws.container import container  # noqa: PLC0415 - of functions with SnapStart only

                return container.credentials(environment)
            raise AwsUnavailable("the environment has no AWS credentials")
        return cls(access_key, secret_key, environment.get("AWS_SESSION_TOKEN", ""))
