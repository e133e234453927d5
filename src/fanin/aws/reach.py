"""Which addresses AWS's services may have."""

from collections.abc import Mapping

from fanin.sources.address import AddressGuard
from fanin.sources.resolve import Resolver

_ANY = "0.0.0.0/0:* [::/0]:*"


def aws_resolver(environment: Mapping[str, str]) -> Resolver:
    """Make the resolver of AWS's endpoints, whose names no request and no answer can choose.

    A VPC's endpoints have private addresses, so these are permitted; metadata services and Lambda's Runtime API are
    not.

    Args:
        environment: the function's, which names the Runtime API.
    """
    guard = AddressGuard(_ANY, runtime_api=environment.get("AWS_LAMBDA_RUNTIME_API", ""))
    return Resolver(guard, private=True)
