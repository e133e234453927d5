"""How a table, a queue or a bucket fails.

StoreError              a table, a queue or a bucket did not do what was asked of it
├── ConditionFailed     what was to be changed is not as the condition wants it
├── StoreTooLarge       an item, a message or an object is over the store's bound
└── StoreUnavailable    no answer in time, none at all, or one that cannot be read
    ├── StoreThrottled      it is asked too often
    └── StoreRefused        it refuses: the right is missing, or there is no such store
"""

from fanin.errors import FaninError


class StoreError(FaninError):
    """A table, a queue or a bucket did not do what was asked of it."""


class ConditionFailed(StoreError):
    """What was to be changed is not as the condition wants it. The store is well."""


class StoreTooLarge(StoreError):
    """An item, a message or an object is over the store's bound. The store is well."""


class StoreUnavailable(StoreError):
    """The store does not answer in time or at all, or its answer cannot be read."""


class StoreThrottled(StoreUnavailable):
    """The store is asked too often."""


class StoreRefused(StoreUnavailable):
    """The store refuses: the function lacks the right, or there is no such store. Asking again does not help."""
