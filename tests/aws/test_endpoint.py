"""Where services are is what botocore says."""

import pytest
from botocore.regions import EndpointResolver
from botocore.session import Session

from fanin.aws.credentials import Credentials
from fanin.aws.endpoint import endpoint, region_of
from fanin.aws.errors import AwsUnavailable

SERVICES = ["dynamodb", "ssm", "secretsmanager", "sqs", "s3"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_regions_endpoint_is_botocores(service: str) -> None:
    resolver = EndpointResolver(Session().get_data("endpoints"))
    regions = [
        region
        for partition in resolver.get_available_partitions()
        for region in resolver.get_available_endpoints(service, partition)
    ]
    assert len(regions) > 25
    for region in regions:
        theirs = resolver.construct_endpoint(service, region)
        assert theirs
        assert endpoint(service, region, {}) == f"https://{theirs['hostname']}", region


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, "http://127.0.0.1:4566"),
        ({"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://a:1", "AWS_ENDPOINT_URL": "http://b:2"}, "http://a:1"),
        ({"AWS_ENDPOINT_URL_SSM": "http://a:1"}, "https://secretsmanager.eu-west-1.amazonaws.com"),
        (
            {"AWS_ENDPOINT_URL": "http://a:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://secretsmanager.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_the_environment_goes_before_the_region(environment: dict[str, str], expected: str) -> None:
    assert endpoint("secretsmanager", "eu-west-1", environment) == expected


def test_the_region_is_the_environments() -> None:
    assert region_of({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}) == "eu-west-1"
    assert region_of({"AWS_DEFAULT_REGION": "us-east-1"}) == "us-east-1"
    with pytest.raises(AwsUnavailable):
        region_of({})


def test_without_credentials_there_is_no_request() -> None:
    with pytest.raises(AwsUnavailable):
        Credentials.of({"AWS_ACCESS_KEY_ID": "AKID"})
