"""Where a service is, in a region."""

from collections.abc import Mapping

from fanin.aws.errors import AwsUnavailable

_SUFFIXES = (
    ("cn-", "amazonaws.com.cn"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("eusc-", "amazonaws.eu"),
)
"""What regions of a partition begin with, and what their hosts end with; all others, GovCloud's included, end alike."""
_SUFFIX = "amazonaws.com"

_VARIABLES = {"secretsmanager": "SECRETS_MANAGER", "execute-api": "APIGATEWAYMANAGEMENTAPI"}
"""What AWS_ENDPOINT_URL_ is followed by, where it is not the service's name in upper case."""


def region_of(environment: Mapping[str, str]) -> str:
    """Give the region of an environment.

    Raises:
        AwsUnavailable: it names none.
    """
    if region := environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"):
        return region
    raise AwsUnavailable("the environment names no AWS region")


def endpoint(service: str, region: str, environment: Mapping[str, str]) -> str:
    """Give the URL under which a service is, without a slash at its end.

    `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_ENDPOINT_URL` in the environment go before the region's own, as in AWS's SDKs
    (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).

    Args:
        service: its name in signatures and hosts: `dynamodb`, `ssm`.
        region: such as `eu-west-1`.
        environment: the function's.
    """
    name = _VARIABLES.get(service, service.upper().replace("-", "_"))
    given = environment.get(f"AWS_ENDPOINT_URL_{name}") or environment.get("AWS_ENDPOINT_URL")
    if given and environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        return given.rstrip("/")
    suffix = next((suffix for prefix, suffix in _SUFFIXES if region.startswith(prefix)), _SUFFIX)
    return f"https://{service}.{region}.{suffix}"
