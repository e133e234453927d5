"""AWS's own APIs as sources: the page's file, asked of the embedded AWS."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest

from fanin.aws.client_blocking import BlockingAws
from fanin.compose.gateway import gateway
from fanin.config import parse
from fanin.local.layout import ROOT
from fanin.local.process.processes import Processes
from fanin.local.stack import servers
from fanin.sources.tls import tls_context
from tests.aws.conftest import LOCATED, Blocking
from tests.contract.ask import Ask, Question, in_process
from tests.functions import asgi

PAGE = (ROOT / "docs/aws-apis.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
EXAMPLE = f"fanin = 1\n{EXAMPLE}"


def test_the_page_is_a_file_that_loads() -> None:
    assert {"order", "lines", "price", "catalogue", "fulfil"} == parse(EXAMPLE, {}).sources.keys()


@pytest.fixture(scope="module")
def environment(processes: Processes) -> dict[str, str]:
    aws = servers.embedded_aws(processes)
    aws.wait()
    return servers.environment_of(aws)


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
    text = EXAMPLE.replace("https://shop-files.s3.eu-west-1.amazonaws.com", f"{base}/{own}")
    text = re.sub(r"https://\w+\.eu-west-1\.amazonaws\.com", base, text)
    text = text.replace('"orders"', f'"{own}-orders"').replace('"lines"\nKey', f'"{own}-lines"\nKey')
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


def test_an_item_that_is_not_there_is_not_found_and_a_partition_without_items_is_empty(ask: Ask) -> None:
    reply = ask(Question("/orders/o-2"))
    assert (reply.sources["order"], reply.body["lines"]) == ("not-found", [])
