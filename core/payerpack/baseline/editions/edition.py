"""An edition: the tables of one import, opened when first asked for, and the questions that span tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar, cast

from payerpack.baseline.editions.add_on import AddOnTable
from payerpack.baseline.editions.columns import Memo
from payerpack.baseline.editions.hcpcs import HcpcsTable
from payerpack.baseline.editions.icd10 import Icd10Table
from payerpack.baseline.editions.modifiers import modifiers, modifiers_as_of
from payerpack.baseline.editions.mue import MueTable
from payerpack.baseline.editions.pfs import PfsTable
from payerpack.baseline.editions.ptp import PtpTable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from payerpack.baseline.editions.columns import Columns
    from payerpack.baseline.editions.manifest import Manifest, TableEntry

_Table = TypeVar("_Table")

# Codes that the physician fee schedule lists in full (checked in the October 2025 file). Proprietary laboratory (U),
# multianalyte (M) and dental (D) codes are not all there, so their absence says nothing.
_IN_FEE_SCHEDULE = re.compile(r"\d{4}[\dT]")
_LEVEL_2 = re.compile(r"[A-CE-V]\d{4}")
_DELETED_STATUSES = ("D", "F")


class Edition:
    """CMS's tables as of one import, read-only.

    Attributes:
        manifest: Every table with its release, coverage and sources.
        id: Digest of the content; reviews name it.
        path: The edition's folder, or None for the starter edition.
        partial: Whether any table is an extract: then a code that it does not hold was not looked at.
        label: The releases in one line.
    """

    def __init__(self, manifest: Manifest, load: Callable[[TableEntry], Columns], path: Path | None = None) -> None:
        """Describe the tables; none is opened yet.

        Args:
            manifest: The tables.
            load: Gives the columns of a table.
            path: The edition's folder, if it has one.
        """
        self.manifest = manifest
        self.id = manifest.id
        self.path = path
        self.partial = manifest.partial
        self.label = manifest.label
        self._load = load
        self._entries: dict[tuple[str, str, str], list[TableEntry]] = {}
        for entry in manifest.tables:
            self._entries.setdefault((entry.kind, entry.program, entry.setting), []).append(entry)
        self._open: dict[tuple[object, ...], object] = {}
        self._of_day: Memo[tuple[object, ...], object] = Memo()
        self._held: Memo[str, bool] = Memo()

    def __repr__(self) -> str:
        return f"<Edition {self.id}: {self.label}>"

    def ptp(self, setting: str, program: str = "medicare") -> PtpTable | None:
        """Return the PTP edits of a setting, or None where the edition holds none.

        Args:
            setting: ``practitioner`` (also ambulatory surgical centers), ``hospital`` or ``dme``.
            program: ``medicare`` or ``medicaid``; Medicare publishes no DME edits.
        """
        return self._single("ptp", program, setting, PtpTable)

    def mue(self, setting: str, day: dt.date, program: str = "medicare") -> MueTable | None:
        """Return the MUE table in force on a day, or None where the edition does not hold that quarter."""
        table = self.mue_nearest(setting, day, program)
        return table if table is not None and table.exact else None

    def mue_nearest(self, setting: str, day: dt.date, program: str = "medicare") -> MueTable | None:
        """Return the MUE table in force on a day, else the nearest held (``exact`` False), else None."""
        return self._nearest("mue", program, setting, day, MueTable)

    @property
    def add_on(self) -> AddOnTable | None:
        """The add-on code table."""
        return self._single("add-on", "medicare", "", AddOnTable)

    def pfs(self, day: dt.date) -> PfsTable | None:
        """Return the fee schedule of a day's quarter, else the nearest held (``exact`` False), else None."""
        return self._nearest("pfs", "", "", day, PfsTable)

    @property
    def hcpcs(self) -> HcpcsTable | None:
        """The HCPCS Level II codes and modifiers."""
        return self._single("hcpcs", "", "", HcpcsTable)

    def icd10(self, day: dt.date) -> Icd10Table | None:
        """Return the ICD-10-CM codes of a day's fiscal year, else the nearest held (``exact`` False), else None."""
        return self._nearest("icd10", "", "", day, Icd10Table)

    def holds(self, code: str) -> bool:
        """Say whether any table knows the code; where none does, a partial edition has not looked at it."""
        held = self._held.get(code)
        if held is None:
            held = any(code in cast("MueTable", self._table(entry)) for entry in self._procedure_tables())
            self._held.remember(code, held)
        return held

    def code_valid(self, code: str, day: dt.date) -> bool | None:
        """Say whether a procedure code may be reported for services of a day.

        Returns:
            True or False where the tables decide it, None where they cannot: no table lists codes of its kind, the
            edition is partial, or the nearest release is too far from the day to tell a new or deleted code.
        """
        hcpcs = self.hcpcs
        row = hcpcs.get(code) if hcpcs is not None else None
        if row is not None:
            return row.valid(day)
        fees = self.pfs(day)
        fee = fees and (fees.row(code) or next(iter(fees.rows(code)), None))
        if fee:
            return fee.status not in _DELETED_STATUSES
        if any(
            (table := self.mue(setting, day)) is not None and code in table for setting in ("practitioner", "hospital")
        ):
            return True
        if self.partial:
            return None
        if _LEVEL_2.fullmatch(code):
            return False if hcpcs is not None and hcpcs.covers(day) else None
        if fees is None or not _IN_FEE_SCHEDULE.fullmatch(code):
            return None
        if fees.exact:
            return False
        # The nearest fee schedule lacks the code; only tables of the day itself can say that it had it no more.
        ptp = self.ptp("practitioner")
        in_force_then = ptp is not None and ptp.covers(day) and self.mue("practitioner", day) is not None
        return False if in_force_then and not self.holds(code) else None

    def modifier_valid(self, modifier: str, day: dt.date) -> bool | None:
        """Say whether a modifier may be reported for services of a day; None where no list of that day is held."""
        hcpcs = self.hcpcs
        row = hcpcs.get(modifier) if hcpcs is not None else None
        row = row or modifiers().get(modifier)
        if row is not None:
            return row.valid(day)
        listed = day <= modifiers_as_of() or (hcpcs is not None and not self.partial and hcpcs.covers(day))
        return False if listed else None

    def tables(self, kind: str, program: str = "", setting: str = "") -> tuple[TableEntry, ...]:
        """Return the entries of a kind of table, oldest first; empty arguments match any."""
        return tuple(
            entry
            for entry in self.manifest.tables
            if entry.kind == kind and program in ("", entry.program) and setting in ("", entry.setting)
        )

    def columns(self, entry: TableEntry) -> Columns:
        """Return the packed columns of one entry of the manifest, for checks that go below the tables."""
        return self._load(entry)

    def open_table(self, entry: TableEntry) -> object:
        """Return the table of one entry of the manifest, opened."""
        return self._table(entry)

    def _procedure_tables(self) -> list[TableEntry]:
        """Return the tables that list codes; an extract of PTP also names partners it holds nothing else of."""
        order = ("pfs", "hcpcs", "mue", "add-on", "ptp")
        return [entry for kind in order for entry in self.tables(kind) if kind != "ptp" or entry.complete]

    def _single(
        self, kind: str, program: str, setting: str, table: Callable[[Columns, TableEntry], _Table]
    ) -> _Table | None:
        key = (kind, program, setting)
        found = self._open.get(key)
        if found is None:
            entries = self._entries.get(key)
            if not entries:
                return None
            found = self._open[key] = table(self._load(entries[0]), entries[0])
        return cast("_Table", found)

    def _nearest(
        self, kind: str, program: str, setting: str, day: dt.date, table: Callable[..., _Table]
    ) -> _Table | None:
        key = (kind, program, setting, day)
        found = self._of_day.get(key)
        if found is None:
            entries = self._entries.get((kind, program, setting))
            if not entries:
                return None
            entry = min(entries, key=lambda e: (_distance(e, day), e.first))
            exact = entry.first <= day <= entry.last
            shared = (entry.slot, exact)
            found = self._open.get(shared)
            if found is None:
                found = self._open[shared] = table(self._load(entry), entry, exact=exact)
            self._of_day.remember(key, found)
        return cast("_Table", found)

    def _table(self, entry: TableEntry) -> object:
        if entry.kind == "ptp":
            return self.ptp(entry.setting, entry.program)
        if entry.kind == "mue":
            return self.mue_nearest(entry.setting, entry.first, entry.program)
        if entry.kind == "pfs":
            return self.pfs(entry.first)
        if entry.kind == "icd10":
            return self.icd10(entry.first)
        return self.add_on if entry.kind == "add-on" else self.hcpcs


def _distance(entry: TableEntry, day: dt.date) -> int:
    """Return how many days lie between a day and what a table covers; 0 inside."""
    if day < entry.first:
        return (entry.first - day).days
    return max((day - entry.last).days, 0)
