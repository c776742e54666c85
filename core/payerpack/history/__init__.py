"""Earlier claims of a patient: in memory, from a file, or from a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from payerpack.errors import DataError, Problem
from payerpack.history.memory import MemoryHistory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from payerpack.claim import HistoryLine
    from payerpack.context import HistorySource

__all__ = ["MemoryHistory", "open_history", "write_history"]


def open_history(url: str) -> HistorySource:
    """Return the history source that a URL names.

    Args:
        url: A path or ``file://`` URL of a JSON or JSON Lines file (see `payerpack.history.files.read_history`), which
            is read whole; or a database URL of SQLAlchemy such as ``sqlite:///history.db`` or
            ``postgresql+psycopg://host/name``, with the table that `payerpack.history.sql` describes.

    Raises:
        DataError: The file or the database cannot be opened, or holds what is no history.
    """
    if _is_database(url):
        from payerpack.history.sql import SqlHistory

        return SqlHistory(url)
    from payerpack.history.files import read_history

    path = Path(unquote(urlsplit(url).path)) if url.startswith("file://") else Path(url)
    try:
        with path.open("rb") as stream:
            return MemoryHistory(read_history(stream, str(path)))
    except OSError as error:
        raise DataError(Problem(str(path), f"cannot be read ({error.strerror}); check the path")) from None


def write_history(url: str, lines: Iterable[HistoryLine]) -> int:
    """Add history lines to a database, creating its table where there is none; return how many were added.

    Raises:
        DataError: The URL names no database, or the database refuses.
    """
    if not _is_database(url):
        raise DataError(Problem(url, "is no database URL; write one such as sqlite:///history.db"))
    from payerpack.history.sql import add_lines

    return add_lines(url, lines)


def _is_database(url: str) -> bool:
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme != "file"
