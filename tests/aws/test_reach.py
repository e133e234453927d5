"""fanin.aws.reach: AWS's endpoints may have private addresses, as a VPC's have; what must never be reached may not."""

import pytest

from fanin.aws.reach import aws_resolver
from fanin.sources.resolve import AddressForbidden


@pytest.mark.parametrize("address", ["10.0.3.7", "172.31.0.2", "192.168.1.9", "52.94.5.100", "fd12::1"])
def test_an_endpoint_may_have_a_public_or_a_private_address(address: str) -> None:
    (found,) = aws_resolver({}).resolve(address, 443).result(10)
    assert str(found) == address


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2", "fd00:ec2::254", "0.0.0.0"])
def test_metadata_and_credentials_of_the_machine_are_no_endpoint(address: str) -> None:
    with pytest.raises(AddressForbidden):
        aws_resolver({}).resolve(address, 80).result(10)


def test_lambdas_runtime_api_is_no_endpoint() -> None:
    with pytest.raises(AddressForbidden):
        aws_resolver({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9009"}).resolve("127.0.0.1", 9009).result(10)
