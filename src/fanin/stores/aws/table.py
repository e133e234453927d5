"""A table in DynamoDB."""

from collections.abc import Sequence
from itertools import batched
from typing import Any

from fanin.config.values import Json
from fanin.stores.aws.attributes import Expressions, read, written
from fanin.stores.aws.calls import Calls
from fanin.stores.bounds import MAX_BATCH, MAX_ITEM, MAX_PAGES
from fanin.stores.condition import Condition
from fanin.stores.errors import StoreThrottled, StoreTooLarge, StoreUnavailable
from fanin.stores.table import Change, Item, Key, size_of


class AwsTable:
    """A `Table` of DynamoDB's.

    Args:
        calls: DynamoDB.
        name: the table's.
    """

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls = calls
        self._name = name

    @property
    def met(self) -> bool:
        """Whether DynamoDB has answered before."""
        return self._calls.met

    async def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        """Look an item up."""
        return await self._calls.call("GetItem", looked_up(self._name, key, consistent), found, within=within)

    async def put(self, item: Item, *, where: Condition | None = None, within: float | None = None) -> None:
        """Write a whole item."""
        if (size := size_of(item)) > MAX_ITEM:
            raise StoreTooLarge(f"an item has {size} bytes, over {MAX_ITEM}")
        expressions = Expressions()
        payload: dict[str, Json] = {"TableName": self._name, "Item": written(item)}
        if where:
            payload["ConditionExpression"] = expressions.condition(where)
        await self._calls.call("PutItem", payload | expressions.arguments(), lambda _: None, within=within)

    async def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        """Change an item, or make it."""
        payload = changed(self._name, key, change, where, before=before)
        return await self._calls.call("UpdateItem", payload, attributes, within=within)

    async def delete(self, key: Key, *, where: Condition | None = None, within: float | None = None) -> Item:
        """Delete an item; give what it was."""
        expressions = Expressions()
        payload = _at(self._name, key) | {"ReturnValues": "ALL_OLD"}
        if where:
            payload["ConditionExpression"] = expressions.condition(where)
        return await self._calls.call("DeleteItem", payload | expressions.arguments(), attributes, within=within)

    async def delete_all(self, keys: Sequence[Key], *, within: float | None = None) -> None:
        """Delete items."""
        for batch in batched(keys, MAX_BATCH, strict=False):
            deletes: Json = [{"DeleteRequest": {"Key": written(key)}} for key in batch]
            payload: dict[str, Json] = {"RequestItems": {self._name: deletes}}
            left = await self._calls.call(
                "BatchWriteItem", payload, lambda answer: answer.get("UnprocessedItems"), within=within
            )
            if left:
                raise StoreThrottled("dynamodb BatchWriteItem: not all items are deleted")

    async def find(
        self, index: str, where: Condition, *, limit: int, backwards: bool = False, within: float | None = None
    ) -> Sequence[Item]:
        """Give items by an index, page by page until there are enough."""
        expressions = Expressions()
        query: dict[str, Json] = {
            "TableName": self._name,
            "IndexName": index,
            "KeyConditionExpression": expressions.condition(where),
            "ScanIndexForward": not backwards,
        }
        query |= expressions.arguments()
        items: list[Item] = []
        start: dict[str, Json] = {}
        for _ in range(MAX_PAGES):
            page, following = await self._calls.call(
                "Query", {**query, **start, "Limit": limit - len(items)}, _page, within=within
            )
            items += page
            if not following or len(items) >= limit:
                return items
            start = {"ExclusiveStartKey": following}
        raise StoreUnavailable(f"dynamodb Query: over {MAX_PAGES} pages")


def looked_up(table: str, key: Key, consistent: bool) -> dict[str, Json]:  # noqa: FBT001 - DynamoDB's own word
    """Write the arguments of `GetItem`."""
    return _at(table, key) | {"ConsistentRead": consistent}


def found(answer: Any) -> Item | None:
    """Read the answer of `GetItem`."""
    return read(answer["Item"]) if "Item" in answer else None


def changed(table: str, key: Key, change: Change, where: Condition | None, *, before: bool) -> dict[str, Json]:
    """Write the arguments of `UpdateItem`."""
    expressions = Expressions()
    payload = _at(table, key) | {"UpdateExpression": expressions.change(change)}
    if where:
        payload["ConditionExpression"] = expressions.condition(where)
    if before:
        payload["ReturnValues"] = "ALL_OLD"
    return payload | expressions.arguments()


def attributes(answer: Any) -> Item:
    """Read the answer of `UpdateItem` or `DeleteItem`."""
    return read(answer.get("Attributes", {}))


def _at(table: str, key: Key) -> dict[str, Json]:
    return {"TableName": table, "Key": written(key)}


def _page(answer: Any) -> tuple[list[Item], Json]:
    return [read(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")
