"""Both clients of AWS's services against the embedded AWS, which is what functions talk to under `make run`."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.aws.errors import AwsError
from tests.aws.conftest import LOCATED, Blocking, Client, Waiting
from tests.roots import tls_context


@pytest.fixture(params=["async", "blocking"])
def client(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[Client]:
    if request.param == "blocking":
        blocking = BlockingAws(environment, tls_context())
        yield Blocking(blocking)
        blocking.close()
        return
    with asyncio.Runner() as runner:
        aws = Aws(environment, tls_context())
        yield Waiting(aws, runner)
        runner.run(aws.aclose())


def test_a_parameter_a_secret_an_item_and_a_message(client: Client) -> None:
    name = f"fanin-{uuid4()}"
    client.call("ssm", "PutParameter", {"Name": f"/{name}/a", "Value": "é", "Type": "SecureString"})
    got = client.call("ssm", "GetParameters", {"Names": [f"/{name}/a", f"/{name}/b"], "WithDecryption": True})
    assert [parameter["Value"] for parameter in got["Parameters"]] == ["é"]
    assert got["InvalidParameters"] == [f"/{name}/b"]

    client.call("secretsmanager", "CreateSecret", {"Name": name, "SecretString": "s", "ClientRequestToken": name})
    assert client.call("secretsmanager", "GetSecretValue", {"SecretId": name})["SecretString"] == "s"

    table = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    client.call("dynamodb", "CreateTable", table)
    put = {"TableName": name, "Item": {"key": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(#k)"}
    put |= {"ExpressionAttributeNames": {"#k": "key"}}
    client.call("dynamodb", "PutItem", put)
    with pytest.raises(AwsError, match="ConditionalCheckFailedException"):
        client.call("dynamodb", "PutItem", put)

    queue = client.call("sqs", "CreateQueue", {"QueueName": name})["QueueUrl"]
    client.call("sqs", "SendMessage", {"QueueUrl": queue, "MessageBody": "m"})
    assert client.call("sqs", "ReceiveMessage", {"QueueUrl": queue})["Messages"][0]["Body"] == "m"


def test_an_object(client: Client) -> None:
    bucket = f"fanin-{uuid4()}"
    client.request("s3", "PUT", f"/{bucket}", body=LOCATED)
    client.request("s3", "PUT", f"/{bucket}/a b/é+.json", body=b"{}")
    assert client.request("s3", "GET", f"/{bucket}/a b/é+.json").body == b"{}"
    with pytest.raises(AwsError, match="NoSuchKey"):
        client.request("s3", "GET", f"/{bucket}/none")
