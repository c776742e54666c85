"""X12 segments from a stream: separators from each ISA header, constant memory, any line breaks and blanks.

The bytes are read as Latin-1, one character a byte, so that a separator may be any byte and a chunk may end anywhere;
`payerpack.formats.x12_values.read_text` gives free text its UTF-8 back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, Final

import attrs

from payerpack.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK: Final = 1 << 15
"""Bytes read at a time; measured: the drafts of more claims at once leave the processor's cache, and cost 10 %."""

HEADER: Final = 256
"""Characters that certainly hold an ISA segment, blanks and line breaks before it included."""
LONGEST: Final = 1 << 20
"""Characters after which a segment without an end is no segment; without it a damaged file would fill the memory."""

_BLANK: Final = " \t\r\n"
_BYTE_ORDER_MARK: Final = "\xef\xbb\xbf"
_ISA_ELEMENTS: Final = 16
_OTHER_KINDS: Final = {
    "{": "JSON",
    "[": "JSON",
    "<": "XML or HTML",
    "PK": "a zip archive",
    "\x1f\x8b": "a gzip archive",
    "%PDF": "a PDF document",
    "UN": "EDIFACT",
    "GS": "an X12 group without its ISA segment",
    "ST": "an X12 transaction without its ISA segment",
}


@attrs.frozen(slots=True)
class Separators:
    """The separators of one interchange.

    Attributes:
        element: Between the elements of a segment (the character after ``ISA``).
        component: Between the components of a composite (ISA16).
        terminator: At the end of a segment (the character after ISA16).
    """

    element: str
    component: str
    terminator: str
    next_header: re.Pattern[str] = attrs.field(init=False, eq=False, repr=False)
    _line_breaks: tuple[str, ...] = attrs.field(init=False, eq=False, repr=False)
    _paddings: tuple[str, str] = attrs.field(init=False, eq=False, repr=False)
    _padding: re.Pattern[str] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        """Prepare what is looked for in every chunk."""
        marks = self.element + self.component + self.terminator
        header = re.compile(re.escape(self.terminator) + rf"[{_BLANK}]*(?=ISA[^0-9A-Za-z])")
        object.__setattr__(self, "next_header", header)
        object.__setattr__(self, "_line_breaks", tuple(mark for mark in "\r\n" if mark not in marks))
        object.__setattr__(self, "_paddings", (f" {self.element}", f" {self.terminator}"))
        object.__setattr__(self, "_padding", re.compile(rf" +(?=[{re.escape(self.element + self.terminator)}])"))

    def split(self, text: str) -> list[str]:
        """Return the segments of a text that begins and ends with one.

        Line breaks, which X12 data cannot hold, vanish wherever they stand; so do blanks at the end of an element. A
        segment may begin with blanks, and be blank: after the last terminator, or where nothing stands between two.
        """
        for mark in self._line_breaks:
            if mark in text:
                text = text.replace(mark, "")
        if self._paddings[0] in text or self._paddings[1] in text:
            text = self._padding.sub("", text)
        return text.split(self.terminator)


def read_separators(text: str, name: str) -> Separators:
    """Return the separators that the ISA segment at the start of the text declares.

    ISA11, the repetition separator, is not needed: no element that is read may repeat.

    Args:
        text: Text that begins with ``ISA``; at least `HEADER` characters unless the file ends before.
        name: The file's name, for the message.

    Raises:
        DataError: The text does not begin with a whole ISA segment, or its separators clash.
    """
    parts = text[: HEADER * 2].split(text[3:4] or " ", _ISA_ELEMENTS)
    if parts[0] != "ISA" or len(parts) <= _ISA_ELEMENTS:
        raise DataError(Problem(name, _refusal(text)))
    ending = parts[_ISA_ELEMENTS]
    element, component, terminator = text[3], ending[:1], ending[1:].lstrip(" ")[:1]
    marks = {element, component, terminator}
    if len(marks) != 3 or any(not mark or mark.isalnum() for mark in marks) or " " in marks:  # noqa: PLR2004 - three, all different
        raise DataError(
            Problem(
                name,
                "the ISA segment does not declare an element separator, a component separator and a segment terminator "
                "that differ, so nothing after it can be told apart; write an ISA segment of 106 characters",
            )
        )
    return Separators(element, component, terminator)


def _refusal(text: str) -> str:
    start = text.lstrip(_BLANK)
    if not start:
        return "the file is empty; give an 837 claim file"
    if start.startswith("ISA"):
        return "the ISA segment is cut short or malformed, so no separator is known; send the whole file again"
    kind = next((kind for mark, kind in _OTHER_KINDS.items() if start.startswith(mark)), "")
    seems = f" (it looks like {kind})" if kind else ""
    return f"this is no X12 interchange{seems}, because it does not begin with an ISA segment; give an 837 claim file"


def read_segments(stream: BinaryIO, name: str) -> Iterator[tuple[Separators, list[str]]]:
    """Yield the raw segments of a file, many at a time, with the separators of their interchange.

    A raw segment has no terminator; it may be blank (after the last terminator) or begin with blanks. How the stream
    is cut into chunks never shows, but in how many segments come at a time.

    Raises:
        DataError: The file is no X12 interchange, or a later ISA segment is malformed.
    """
    separators: Separators | None = None
    text = ""
    ended = False
    while not ended:
        chunk = stream.read(CHUNK)
        ended = not chunk
        text += chunk.decode("latin-1")
        if separators is None:
            text = text.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK)
            if len(text) < HEADER and not ended:
                continue
            separators = read_separators(text, name)
        while found := separators.next_header.search(text):
            if len(text) - found.end() < HEADER and not ended:
                break
            yield separators, separators.split(text[: found.start()])
            text = text[found.end() :]
            separators = read_separators(text, name)
        if found is None:
            cut = len(text) if ended else text.rfind(separators.terminator) + 1
            yield separators, separators.split(text[:cut])
            text = text[cut:]
        if len(text) > LONGEST:
            message = f"a segment of more than {LONGEST} characters has no terminator; send the whole file again"
            raise DataError(Problem(name, message))
