"""Collect everything that is wrong with the files of an import, so that one run shows it all."""

from __future__ import annotations

from collections import Counter

from payerpack.errors import DataError, Problem

# A file in the wrong layout is wrong in every row: the first rows show it as well as all of them.
MOST_PER_FILE = 20


class Problems:
    """The problems of one import, in the order they were met."""

    def __init__(self) -> None:
        self._found: list[Problem] = []
        self._per_file: Counter[str] = Counter()

    def __bool__(self) -> bool:
        """Say whether anything is wrong."""
        return bool(self._found)

    def add(self, message: str, file: str, row: int = 0, column: str = "") -> None:
        """Note a problem.

        Args:
            message: What, why, and what to do.
            file: The file's name.
            row: The line of the file, from 1; 0 where the whole file is meant.
            column: The column's name in CMS's terms.
        """
        self._per_file[file] += 1
        if self._per_file[file] <= MOST_PER_FILE:
            place = f"{file}:{row}" if row else file
            self._found.append(Problem(f"{place}: {column}" if column else place, message))

    def any_in(self, file: str) -> bool:
        """Say whether anything is wrong with the file."""
        return bool(self._per_file[file])

    def full(self, file: str) -> bool:
        """Say whether the file already has as many problems as are shown."""
        return self._per_file[file] >= MOST_PER_FILE

    def raise_if_any(self) -> None:
        """Raise everything found.

        Raises:
            DataError: If there is any problem.
        """
        if not self._found:
            return
        hidden = [
            Problem(file, f"{count - MOST_PER_FILE} more problems are not shown; the first ones tell what is wrong")
            for file, count in self._per_file.items()
            if count > MOST_PER_FILE
        ]
        raise DataError(*self._found, *hidden)
