"""Read spreadsheets as text, through python-calamine (the extra ``xlsx``)."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 1 << 30
_CODE_WIDTH = 5


def sheet_rows(data: bytes, name: str, code_columns: tuple[int, ...]) -> Iterator[tuple[int, list[str]]]:
    """Yield row numbers and cells of a workbook's first sheet that has any, as text.

    Args:
        data: The workbook.
        name: Its name in messages.
        code_columns: Positions of procedure codes, whose leading zeros are put back where Excel took them for numbers.

    Raises:
        DataError: If the reader is not installed or the bytes are no workbook.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        message = "is a spreadsheet, which needs the extra: pip install 'payerpack[xlsx]'; or give the txt or csv"
        raise DataError(Problem(name, message)) from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_BYTES:
                message = f"unpacks to more than {_MOST_BYTES >> 20} MB, as no CMS file does; give CMS's file"
                raise DataError(Problem(name, message))
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = next(
            (sheet for at in range(len(workbook.sheet_names)) if (sheet := workbook.get_sheet_by_index(at)).height),
            None,
        )
    except (zipfile.BadZipFile, CalamineError) as error:
        message = "is not a whole spreadsheet; download it again, or give the txt or csv"
        raise DataError(Problem(name, message)) from error
    if sheet is None:
        return
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, [_text(cell, code=at in code_columns) for at, cell in enumerate(cells)]


def _text(cell: Any, *, code: bool) -> str:
    """Return a cell as the text files print it; Excel may have made a number or a date of it."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell).zfill(_CODE_WIDTH) if code else str(cell)
    if isinstance(cell, (dt.date, dt.datetime)):
        return cell.strftime("%Y%m%d")
    return "" if cell is None else str(cell)
