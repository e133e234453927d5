"""The rows of a batch: which of them belong to which item."""

from fanin.config.items import Batch
from fanin.config.template import matched
from fanin.config.values import Json
from fanin.engine.document import field_of
from fanin.errors import SourceUndecodable


def key_of(batch: Batch, item: Json) -> str | None:
    """Give what an item has in common with its rows; None if the item has no such thing.

    Args:
        batch: says which field it is.
        item: the item; one that is no object is itself what rows are matched by.
    """
    return matched(field_of(item, batch.each_path) if isinstance(item, dict) else item)


def rows_by_key(source: str, batch: Batch, rows: Json) -> dict[str, list[Json]]:
    """Sort the rows of a batch by what they have in common with their items; a row without such a thing is left out.

    Args:
        source: the source's name.
        batch: says which field it is.
        rows: what the source answered; null has no rows.

    Raises:
        SourceUndecodable: it is no list.
    """
    if not isinstance(rows, list | None):
        raise SourceUndecodable(source, f"{source} answered a batch with no list of rows")
    found: dict[str, list[Json]] = {}
    for row in rows or ():
        if (key := matched(field_of(row, batch.row_path))) is not None:
            found.setdefault(key, []).append(row)
    return found
