"""The JSON objects that rows of a table make: of a claim, of a line, or of what is attested for a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from payerpack.formats.table_columns import Column, Level, Read, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

Cells = list[Any]
"""One column of a batch of rows, from its first row to its last."""
Row = tuple[Any, ...]
_EMPTY: Final = (None, "")


class Objects:
    """What makes an object of each row, out of the columns of one level; empty cells leave their keys out.

    Attributes:
        indexes: Where its columns stand in the table; rows hold their cells in this order.
    """

    def __init__(self, columns: list[Column | None], level: Level) -> None:
        ours = [(index, column) for index, column in enumerate(columns) if column is not None and column.level == level]
        ours.sort(key=lambda pair: (not pair[1].alone, pair[1].item))
        self.indexes = [index for index, _ in ours]
        self._reads: list[tuple[int, Read]] = []
        self._keys: list[str] = []
        self._records: dict[str, list[tuple[int, str]]] = {}
        self._items: list[tuple[int, str]] = []
        for place, (_, column) in enumerate(ours):
            if column.read is not as_text:
                self._reads.append((place, column.read))
            if column.alone:
                self._keys.append(column.path[0])
            elif column.item:
                self._items.append((place, column.path[-1]))
            else:
                self._records.setdefault(column.path[0], []).append((place, column.path[-1]))

    def of_all(self, cells: list[Cells]) -> Iterator[dict[str, Any]]:
        """Yield the object that each row of a batch makes."""
        ours = [cells[index] for index in self.indexes]
        for place, read in self._reads:
            ours[place] = [read(cell) if cell else cell for cell in ours[place]]
        return map(self._made, zip(*ours, strict=True))

    def of_one(self, row: Row) -> dict[str, Any]:
        """Return the object that one row makes."""
        cells = list(row)
        for place, read in self._reads:
            if cells[place]:
                cells[place] = read(cells[place])
        return self._made(cells)

    def _made(self, row: Row | Cells) -> dict[str, Any]:
        # Most cells hold something that is true; comparing each with what is empty takes twice as long.
        made = {key: cell for key, cell in zip(self._keys, row, strict=False) if cell or cell not in _EMPTY}
        for key, parts in self._records.items():
            record = {name: cell for place, name in parts if (cell := row[place]) or cell not in _EMPTY}
            if record:
                made[key] = record
        for place, key in self._items:
            if row[place] not in _EMPTY:
                made.setdefault(key, []).append(row[place])
        return made
