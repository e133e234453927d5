"""The table of API keys is as `fanin keys` and the functions have it."""

from fanin.callers.keys.ledger import INDEXES, KEY
from fanin.stores.table import EXPIRES
from tests.stack.expanded import expanded


def test_the_table_has_the_key_the_index_and_the_expiry_of_the_ledger() -> None:
    table = expanded().of_type("AWS::DynamoDB::Table")["KeysTable"]
    assert tuple(part["AttributeName"] for part in table["KeySchema"]) == KEY
    found = {
        index["IndexName"]: tuple(part["AttributeName"] for part in index["KeySchema"])
        for index in table["GlobalSecondaryIndexes"]
    }
    assert found == INDEXES
    assert table["TimeToLiveSpecification"] == {"AttributeName": EXPIRES, "Enabled": True}
