"""A table in DynamoDB, for threads that wait: as much of one as they have use for."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fanin.config.values import Json
from fanin.stores.aws.calls import object_of, told
from fanin.stores.aws.table import attributes, changed, found, looked_up
from fanin.stores.bounds import SPARED
from fanin.stores.breaker import Breaker
from fanin.stores.condition import Condition
from fanin.stores.table import Change, Item, Key

_SERVICE = "dynamodb"


class Client(Protocol):
    """What is asked of AWS's client, `fanin.aws.client_blocking.BlockingAws`; it raises AwsError and AwsUnavailable."""

    def call(  # noqa: D102 - said of the class
        self,
        service: str,
        operation: str,
        payload: Mapping[str, Json],
        *,
        timeout: float,
        repeatable: bool = False,
    ) -> Any: ...


class BlockingAwsTable:
    """The methods of `fanin.stores.table.Table` with these names, which block.

    Args:
        client: gives AWS's client, which is made for the first request.
        name: the table's.
        breaker: keeps from asking while DynamoDB is down.
    """

    def __init__(self, client: Callable[[], Client], name: str, breaker: Breaker) -> None:
        self._client = client
        self._name = name
        self._breaker = breaker

    @property
    def met(self) -> bool:
        """Whether DynamoDB has answered before."""
        return self._breaker.met

    def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        """Look an item up."""
        within = within or SPARED.within
        payload = looked_up(self._name, key, consistent)
        with self._breaker.guard(), told(f"{_SERVICE} GetItem", within):
            return found(object_of(self._client().call(_SERVICE, "GetItem", payload, timeout=within, repeatable=True)))

    def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        """Change an item, or make it."""
        within = within or SPARED.within
        payload = changed(self._name, key, change, where, before=before)
        with self._breaker.guard(), told(f"{_SERVICE} UpdateItem", within):
            return attributes(object_of(self._client().call(_SERVICE, "UpdateItem", payload, timeout=within)))
