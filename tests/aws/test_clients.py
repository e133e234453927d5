"""Both clients against moto's server."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from socket import SO_LINGER, SOL_SOCKET, create_server, socket
from threading import Thread
from typing import BinaryIO
from urllib.request import urlopen
from uuid import uuid4

import pytest

from fanin.aws.client_blocking import BlockingAws
from fanin.aws.credentials import Credentials
from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.aws.sigv4 import presigned
from tests.aws.conftest import LOCATED, Client
from tests.roots import tls_context


@pytest.fixture
def name() -> str:
    return f"fanin-{uuid4()}"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Answer every connection with the same bytes; without any, hold it open."""
    with create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    held.append(connection)
                    if answer:
                        connection.recv(65_536)
                        connection.sendall(answer)
                        connection.close()
            except OSError:
                return

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(2)
            server.close()
            thread.join(5)
            for connection in held:
                connection.close()


def test_parameters_of_ssm_come_together(client: Client, name: str) -> None:
    client.call("ssm", "PutParameter", {"Name": f"/{name}/a", "Value": "é", "Type": "SecureString"})
    answer = client.call("ssm", "GetParameters", {"Names": [f"/{name}/a", f"/{name}/b"], "WithDecryption": True})
    assert [parameter["Value"] for parameter in answer["Parameters"]] == ["é"]
    assert answer["InvalidParameters"] == [f"/{name}/b"]


def test_a_secret_of_secrets_manager(client: Client, name: str) -> None:
    client.call("secretsmanager", "CreateSecret", {"Name": name, "SecretString": "s", "ClientRequestToken": name})
    assert client.call("secretsmanager", "GetSecretValue", {"SecretId": name})["SecretString"] == "s"
    with pytest.raises(AwsError) as raised:
        client.call("secretsmanager", "GetSecretValue", {"SecretId": f"{name}-missing"})
    assert raised.value.code == "ResourceNotFoundException"


def test_an_item_of_dynamodb_and_a_condition_that_fails(client: Client, name: str) -> None:
    table = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    client.call("dynamodb", "CreateTable", table)
    item = {"key": {"S": "a"}, "value": {"B": "AAEC"}}
    put = {"TableName": name, "Item": item, "ConditionExpression": "attribute_not_exists(#k)"}
    put |= {"ExpressionAttributeNames": {"#k": "key"}}
    assert client.call("dynamodb", "PutItem", put) == {}
    assert client.call("dynamodb", "GetItem", {"TableName": name, "Key": {"key": {"S": "a"}}})["Item"] == item
    with pytest.raises(AwsError) as raised:
        client.call("dynamodb", "PutItem", put)
    assert raised.value.code == "ConditionalCheckFailedException"


def test_a_message_of_sqs(client: Client, name: str) -> None:
    queue = client.call("sqs", "CreateQueue", {"QueueName": name})["QueueUrl"]
    client.call("sqs", "SendMessage", {"QueueUrl": queue, "MessageBody": "hello ☕"})
    received = client.call("sqs", "ReceiveMessage", {"QueueUrl": queue, "WaitTimeSeconds": 0})["Messages"]
    assert [message["Body"] for message in received] == ["hello ☕"]
    with pytest.raises(AwsError) as raised:
        client.call("sqs", "SendMessage", {"QueueUrl": f"{queue}x", "MessageBody": ""})
    assert raised.value.code.endswith(("QueueDoesNotExist", "NonExistentQueue"))


def test_an_object_of_s3_and_a_link_to_it(client: Client, name: str, environment: dict[str, str]) -> None:
    client.request("s3", "PUT", f"/{name}", body=LOCATED, headers=[("Content-Type", "application/xml")])
    key = f"/{name}/a folder/é+&=@ 1.json"
    client.request("s3", "PUT", key, body=b'{"a": 1}', headers=[("Content-Type", "application/json")])
    assert client.request("s3", "GET", key).body == b'{"a": 1}'
    listed = client.request("s3", "GET", f"/{name}", query=[("list-type", "2"), ("prefix", "a folder/é")])
    assert b"<KeyCount>1</KeyCount>" in listed.body
    link = presigned(
        f"{environment['AWS_ENDPOINT_URL']}/{name}/a%20folder/%C3%A9%2B%26%3D%40%201.json",
        credentials=Credentials.of(environment),
        service="s3",
        region="eu-west-1",
        now=datetime.now(UTC),
        expires=60,
    )
    with urlopen(link) as answer:
        assert answer.read() == b'{"a": 1}'
    with pytest.raises(AwsError) as raised:
        client.request("s3", "GET", f"/{name}/missing")
    assert (raised.value.code, raised.value.status) == ("NoSuchKey", 404)


def test_connections_are_kept(client: Client, name: str) -> None:
    client.call("ssm", "PutParameter", {"Name": name, "Value": "v", "Type": "String"})
    for _ in range(3):
        assert client.call("ssm", "GetParameter", {"Name": name})["Parameter"]["Value"] == "v"


def test_a_client_that_is_closed_ends_its_connections(environment: dict[str, str]) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.getsockname()[1]}"
        aws = BlockingAws(environment, tls_context())
        asking = Thread(target=aws.call, args=("ssm", "GetParameters", {"Names": ["a"]}), kwargs={"timeout": 10.0})
        server.settimeout(10)
        asking.start()
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            asking.join()
            aws.close()
            connection.settimeout(10)
            assert connection.recv(1) == b""


def test_a_service_that_is_silent_costs_no_more_than_the_timeout(client: Client, environment: dict[str, str]) -> None:
    with answering(b"") as silent:
        environment["AWS_ENDPOINT_URL"] = silent
        with pytest.raises(AwsUnavailable, match=r"within 0.2 s"):
            client.call("ssm", "GetParameters", {"Names": ["a"]}, timeout=0.2)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\noops",
        b'HTTP/1.1 400 Bad\r\nContent-Length: 35\r\n\r\n{"__type": "a#ThrottlingException"} ',
        b"HTTP/1.1 200 OK\r\nContent-Length: 20000001\r\n\r\n" + b" " * 20_000_001,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
        b"no HTTP\r\n\r\n",
    ],
    ids=["503", "no JSON", "throttled", "too large", "cut short", "no HTTP"],
)
def test_an_answer_that_is_none_is_unavailable(client: Client, environment: dict[str, str], answer: bytes) -> None:
    with answering(answer) as broken:
        environment["AWS_ENDPOINT_URL"] = broken
        with pytest.raises(AwsUnavailable):
            client.call("ssm", "GetParameters", {"Names": ["a"]})


def test_a_service_that_cannot_be_reached_is_unavailable(client: Client, environment: dict[str, str]) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(AwsUnavailable):
        client.call("ssm", "GetParameters", {"Names": ["a"]})


def read(stream: BinaryIO) -> None:
    """Read a request to its end."""
    length = 0
    while (line := stream.readline().lower()) not in {b"\r\n", b""}:
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    stream.read(length)


@contextmanager
def resetting() -> Iterator[str]:
    """Answer the first request of each connection, and reset the connection when the second has come."""
    with create_server(("127.0.0.1", 0)) as server:

        def serve(connection: socket) -> None:
            with connection, connection.makefile("rb") as stream:
                read(stream)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                read(stream)
                connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(2)


@pytest.mark.parametrize("repeatable", [True, False])
def test_what_only_reads_is_asked_again_where_a_kept_connection_has_ended(
    client: Client, environment: dict[str, str], *, repeatable: bool
) -> None:
    with resetting() as ending:
        environment["AWS_ENDPOINT_URL"] = ending
        assert client.call("ssm", "GetParameters", {"Names": ["a"]}) == {}
        if repeatable:
            assert client.call("ssm", "GetParameters", {"Names": ["a"]}, repeatable=True) == {}
        else:
            with pytest.raises(AwsUnavailable):
                client.call("sqs", "SendMessage", {"QueueUrl": "q", "MessageBody": "m"})


@pytest.mark.parametrize("host", ["169.254.169.254", "127.0.0.1:9001", "[fd00:ec2::254]"])
def test_a_metadata_service_is_never_asked(client: Client, environment: dict[str, str], host: str) -> None:
    environment["AWS_ENDPOINT_URL"] = f"http://{host}"
    with pytest.raises(AwsUnavailable):
        client.call("ssm", "GetParameters", {"Names": ["a"]}, timeout=2)


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"])
def test_without_credentials_or_region_nothing_is_sent(
    client: Client, environment: dict[str, str], missing: str
) -> None:
    del environment[missing]
    with pytest.raises(AwsUnavailable, match="the environment"):
        client.call("ssm", "GetParameters", {"Names": ["a"]})


def test_codes_are_read_however_they_are_told(client: Client, environment: dict[str, str]) -> None:
    def told(head: str, body: str) -> bytes:
        return f"HTTP/1.1 410 Gone\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    answers: dict[bytes, str] = {
        told("x-amzn-ErrorType: GoneException:http://internal/\r\n", ""): "GoneException",
        told("", '{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "m"}'): "QueueDoesNotExist",
        told("", "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>"): "NoSuchKey",
        told("", "[]"): "",
        told("", ""): "",
    }
    for answer, code in answers.items():
        with answering(answer) as refusing:
            environment["AWS_ENDPOINT_URL"] = refusing
            with pytest.raises(AwsError) as raised:
                client.call("ssm", "GetParameters", {"Names": ["a"]})
        assert (raised.value.code, raised.value.status) == (code, 410)
