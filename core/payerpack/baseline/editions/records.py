"""What an edition answers: one frozen record per row of CMS's tables, made when asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import datetime as dt


@attrs.frozen(slots=True)
class PtpRow:
    """One date window of one procedure-to-procedure edit.

    Attributes:
        column1: The code that is eligible for payment when both are reported.
        column2: The code that is denied unless a modifier is allowed and present.
        effective: First day in force.
        deletion: Last day in force (inclusive), or None while the edit stands.
        indicator: Modifier indicator: ``0`` none bypasses, ``1`` one may, ``9`` the row was never in force.
        rationale: A key of ``vocabulary.PTP_RATIONALES``.
    """

    column1: str
    column2: str
    effective: dt.date
    deletion: dt.date | None
    indicator: str
    rationale: str

    def in_force(self, day: dt.date) -> bool:
        """Say whether the edit applies to services of that day."""
        return self.indicator != "9" and self.effective <= day and (self.deletion is None or day <= self.deletion)


@attrs.frozen(slots=True)
class Mue:
    """The medically unlikely edit of one code in one setting and quarter.

    Attributes:
        code: The procedure code.
        value: Most units that are payable; 0 means not payable in this setting, never "no limit".
        mai: Adjudication indicator: ``1`` claim line, ``2`` date of service by policy, ``3`` date of service,
            clinical; None where the source publishes none (Medicaid).
        rationale: A key of ``vocabulary.MUE_RATIONALES``.
    """

    code: str
    value: int
    mai: str | None
    rationale: str


@attrs.frozen(slots=True)
class AddOnWindow:
    """One row of the add-on code table: a primary (None: the contractor defines them) and its dates, inclusive."""

    primary: str | None
    type: int
    effective: dt.date
    deletion: dt.date | None

    def in_force(self, day: dt.date) -> bool:
        """Say whether the row applies to services of that day."""
        return self.effective <= day and (self.deletion is None or day <= self.deletion)


@attrs.frozen(slots=True)
class AddOn:
    """An add-on code and the primaries it may be reported with.

    Attributes:
        code: The add-on code.
        type: Edit type of its newest row: 1 closed list of primaries, 2 none listed, 3 some listed and the
            contractor may add others. No code has had two types in the tables read so far.
        windows: Every row, oldest first.
    """

    code: str
    type: int
    windows: tuple[AddOnWindow, ...]

    def primaries(self, day: dt.date) -> frozenset[str]:
        """Return the primaries listed for services of that day."""
        return frozenset(w.primary for w in self.windows if w.primary is not None and w.in_force(day))

    def contractor_defined(self, day: dt.date) -> bool:
        """Say whether the contractor defines primaries (beside those listed) on that day."""
        return any(w.primary is None and w.in_force(day) for w in self.windows)

    def in_force(self, day: dt.date) -> bool:
        """Say whether any row applies to services of that day."""
        return any(w.in_force(day) for w in self.windows)


@attrs.frozen(slots=True)
class PfsRow:
    """Indicators of the physician fee schedule for one code and modifier; CMS's letters and digits, as printed.

    Attributes:
        code: The procedure code.
        modifier: ``26``, ``TC``, ``53``, or empty for the whole service.
        status: Status code, such as ``A`` active, ``B`` bundled, ``X`` excluded by statute.
        pctc: PC/TC indicator; read it on the row of the modifier (laboratory codes carry 6 on their 26 row only).
        global_days: ``000 010 090 MMM XXX YYY ZZZ``.
        multiple_procedure: Multiple procedure indicator.
        bilateral: Bilateral surgery indicator.
        assistant: Assistant at surgery indicator.
        co_surgeon: Co-surgeon indicator.
        team_surgeon: Team surgery indicator.
        endoscopic_base: Base code of the endoscopic family, or empty.
        supervision: Physician supervision of diagnostic procedures.
        imaging_family: Diagnostic imaging family indicator (88 is subject to reduction, 99 is not).
        work_rvu_hundredths: Work relative value in hundredths.
    """

    code: str
    modifier: str
    status: str
    pctc: str
    global_days: str
    multiple_procedure: str
    bilateral: str
    assistant: str
    co_surgeon: str
    team_surgeon: str
    endoscopic_base: str
    supervision: str
    imaging_family: str
    work_rvu_hundredths: int

    @property
    def work_rvu(self) -> Decimal:
        """Work relative value."""
        return Decimal(self.work_rvu_hundredths).scaleb(-2)


@attrs.frozen(slots=True)
class HcpcsRow:
    """A Level II code or modifier and the days it is valid, both ends inclusive.

    Attributes:
        code: Five characters for a procedure, two for a modifier.
        added: First day, or None where the file leaves it blank.
        terminated: Last day, or None while it stands.
        coverage: CMS's coverage letter (C D I M S), or empty.
    """

    code: str
    added: dt.date | None
    terminated: dt.date | None
    coverage: str

    def valid(self, day: dt.date) -> bool:
        """Say whether it may be reported for services of that day."""
        return (self.added is None or self.added <= day) and (self.terminated is None or day <= self.terminated)
