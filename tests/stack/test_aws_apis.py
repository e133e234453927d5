"""AWS's own APIs as sources: the page's file, asked of the embedded AWS."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from botocore.session import get_session

from fanin.aws.client_blocking import BlockingAws
from fanin.compose.gateway import gateway
from fanin.config import parse
from fanin.local.layout import ROOT
from tests.aws.conftest import LOCATED, Blocking
from tests.contract.ask import Ask, Question, in_process
from tests.functions import asgi
from tests.roots import tls_context

PAGE = (ROOT / "docs/aws-apis.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
EXAMPLE = f"fanin = 1\n{EXAMPLE}"


def test_the_page_is_a_file_that_loads() -> None:
    assert {"order", "lines", "price", "catalogue", "fulfil"} == parse(EXAMPLE, {}).sources.keys()


def _client(environment: dict[str, str], service: str) -> Any:
    """Make AWS's own client of a service."""
    return get_session().create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def _zipped() -> bytes:
    """Give a function's code."""
    archive = BytesIO()
    with ZipFile(archive, "w") as files:
        files.writestr("price.py", "def handler(event, _):\n    return {'price of': event['order']}\n")
    return archive.getvalue()


@pytest.fixture(scope="module")
def ask(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Serve the page's file over tables and a bucket of the embedded AWS."""
    own, base = f"fanin-{uuid4()}", environment["AWS_ENDPOINT_URL"]
    aws = BlockingAws(environment, tls_context())
    client = Blocking(aws)
    for table, keys in (("orders", ["id"]), ("lines", ["order_id", "sku"])):
        client.call(
            "dynamodb",
            "CreateTable",
            {
                "TableName": f"{own}-{table}",
                "KeySchema": [
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
    client.call(
        "dynamodb", "PutItem", {"TableName": f"{own}-orders", "Item": {"id": {"S": "o-1"}, "total": {"N": "7"}}}
    )
    for sku, quantity in (("a", "1"), ("b", "2")):
        item = {"order_id": {"S": "o-1"}, "sku": {"S": sku}, "quantity": {"N": quantity}}
        client.call("dynamodb", "PutItem", {"TableName": f"{own}-lines", "Item": item})
    client.request("s3", "PUT", f"/{own}", body=LOCATED)
    client.request("s3", "PUT", f"/{own}/catalogue/o-1.json", body=json.dumps({"title": "é"}).encode())
    aws.close()
    role = _client(environment, "iam").create_role(RoleName=own, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    states = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    made = _client(environment, "stepfunctions").create_state_machine(name=own, definition=states, roleArn=role)
    _client(environment, "lambda").create_function(
        FunctionName=own, Runtime="python3.13", Handler="price.handler", Role=role, Code={"ZipFile": _zipped()}
    )
    text = EXAMPLE.replace("https://shop-files.s3.eu-west-1.amazonaws.com", f"{base}/{own}")
    text = re.sub(r"https://\w+\.eu-west-1\.amazonaws\.com", base, text)
    text = text.replace('"orders"', f'"{own}-orders"').replace('"lines"\nKey', f'"{own}-lines"\nKey')
    text = text.replace("functions/price/", f"functions/{own}/")
    text = re.sub(r'"arn:aws:states[^"]*"', f'"{made["stateMachineArn"]}"', text)
    file = tmp_path_factory.mktemp("aws-apis") / "fanin.toml"
    file.write_text(text)
    more = {"FANIN_CONFIG": str(file), "FANIN_ALLOW": "127.0.0.0/8:*", "FANIN_CACHE": "off"}
    with asgi(gateway(ROOT, {**environment, **more})) as handler:
        yield in_process(handler, "")


def test_dynamodb_and_s3_are_read_by_the_functions_own_credentials(ask: Ask) -> None:
    reply = ask(Question("/orders/o-1"))
    assert reply.body["order"] == {"id": "o-1", "total": 7}
    assert reply.body["lines"] == [{"sku": "a", "quantity": 1}, {"sku": "b", "quantity": 2}]
    assert reply.body["catalogue"] == {"title": "é"}


def test_a_function_is_asked(ask: Ask) -> None:
    assert ask(Question("/orders/o-1")).body["price"] == {"price of": "o-1"}


def test_an_execution_is_started(ask: Ask) -> None:
    reply = ask(Question("/orders/o-1/fulfilment", method="POST"))
    assert reply.body["fulfil"]["execution"].endswith(":order-o-1")


def test_an_item_that_is_not_there_is_not_found_and_a_partition_without_items_is_empty(ask: Ask) -> None:
    reply = ask(Question("/orders/o-2"))
    assert (reply.sources["order"], reply.body["lines"]) == ("not-found", [])
