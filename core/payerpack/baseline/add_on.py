"""Add-on codes: payable only beside a primary that is payable itself.

Source:
    CMS NCCI Policy Manual, chapter I, sections I and R (add-on codes); the add-on code edit table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Looked, Subject, Verdict
from payerpack.baseline.options import NO_CODES
from payerpack.baseline.view import View, overlap, provider_key
from payerpack.claim import ServiceLine
from payerpack.codes import CodeSet
from payerpack.context import Context
from payerpack.finding import Finding

if TYPE_CHECKING:
    from payerpack.baseline.editions.records import AddOnWindow

_CLOSED: Final = 1
_NONE_LISTED: Final = 2


@attrs.frozen(slots=True, repr=False)
class AddOnOptions:
    """Parameters of ``builtin = "add-on"``.

    Attributes:
        provider_key: Who counts as one provider on a practitioner's claim.
        facility_key: Who counts as one provider on a hospital's claim.
        same_group_codes: Add-on codes whose primary may be another's of the same group and specialty (99292).
        primaries: Primaries that the payer adds, by add-on code; for a type 2 code they are the list.
        contractor_defined: The action where the contractor defines primaries and nobody has said which.
    """

    provider_key: str = attrs.field(default="rendering_npi", metadata=read.TEXT)
    facility_key: str = attrs.field(default="billing_npi", metadata=read.TEXT)
    same_group_codes: CodeSet = attrs.field(default=NO_CODES, metadata=read.CODES)
    primaries: Mapping[str, CodeSet] = attrs.field(default={}, metadata=read.CODES_BY_CODE)
    contractor_defined: str = attrs.field(default="warn", metadata=read.ACTION)


@attrs.frozen(slots=True, repr=False)
class _AddOn:
    """An add-on code: its type, the windows of each listed primary, and the table that says so."""

    type: int
    windows: Mapping[str, Sequence[AddOnWindow]]
    label: str


IsPrimary = Callable[[ServiceLine, Context], bool]


class AddOnEdit(Edit[AddOnOptions]):
    """Denies an add-on code without a primary of the same provider, patient and day.

    A primary that something denies is none; that shows only after every other rule has spoken, so such lines are found
    in the cascade.
    """

    builtin = "add-on"
    options = AddOnOptions

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Ask to look at add-on codes."""
        table = None if self.edition is None else self.edition.add_on
        add_on = None if table is None else table.get(subject.code)
        if table is None or add_on is None or not add_on.in_force(subject.day):
            return ()
        windows: dict[str, list[AddOnWindow]] = {}
        for window in add_on.windows:
            if window.primary is not None:
                windows.setdefault(window.primary, []).append(window)
        return (Look(_AddOn(add_on.type, windows, table.label)),)

    def consider(self, view: View, looked: Looked) -> Iterable[Finding]:
        """Find add-on lines that have no primary at all."""
        for line, add_on in looked:
            is_primary = self._primary_test(view, line, add_on)
            if not self._reported(view, line, add_on, is_primary) and not _paid_earlier(view, is_primary):
                yield from self.find(view, line, self._verdict(line, add_on))

    def cascade(self, view: View, looked: Looked) -> Iterator[Finding]:
        """Find add-on lines whose every primary is denied."""
        denied = view.context.denied
        for line, add_on in looked if denied else ():
            is_primary = self._primary_test(view, line, add_on)
            reported = self._reported(view, line, add_on, is_primary)
            if reported and denied.issuperset(reported) and not _paid_earlier(view, is_primary):
                yield from self.find(view, line, self._verdict(line, add_on), related_lines=reported)

    def _reported(self, view: View, line: ServiceLine, add_on: _AddOn, is_primary: IsPrimary) -> tuple[int, ...]:
        """Return the numbers of the claim's lines that are primaries of an add-on line."""
        added = self.options_on(line.service_date).primaries.get(line.code, NO_CODES)
        codes = add_on.windows.keys() & view.codes
        if added:
            codes |= {code for code in view.codes if code in added}
        primaries = [
            other.number
            for code in codes
            for other in view.by_code[code]
            if other is not line and is_primary(other, view.context)
        ]
        return tuple(sorted(primaries))

    def _verdict(self, line: ServiceLine, add_on: _AddOn) -> Verdict:
        options = self.options_on(line.service_date)
        facts = {"type": add_on.type, "edition": add_on.label}
        if add_on.type == _CLOSED or (add_on.type == _NONE_LISTED and line.code in options.primaries):
            return Verdict(facts)
        message = "{code} is an add-on code whose primaries the contractor defines ({edition})"
        return Verdict(facts, message, options.contractor_defined, cure="documentation")

    def _primary_test(self, view: View, line: ServiceLine, add_on: _AddOn) -> IsPrimary:
        options = self.options_on(line.service_date)
        added = options.primaries.get(line.code, NO_CODES)
        key = provider_key(options.provider_key if view.setting == "practitioner" else options.facility_key)
        provider = key(line, view.context)
        group, specialty = provider_key("billing_group"), provider_key("specialty")
        by_team = line.code in options.same_group_codes
        team = (group(line, view.context), specialty(line, view.context)) if by_team else ()
        by_team = by_team and all(team)

        def is_primary(other: ServiceLine, context: Context) -> bool:
            return (
                overlap(line, other)
                and (
                    any(window.in_force(line.service_date) for window in add_on.windows.get(other.code, ()))
                    or other.code in added
                )
                and (
                    (bool(provider) and key(other, context) == provider)
                    or (by_team and (group(other, context), specialty(other, context)) == team)
                )
            )

        return is_primary


def _paid_earlier(view: View, is_primary: IsPrimary) -> bool:
    """Say whether an earlier claim paid a primary of an add-on line."""
    earlier = view.context.earlier() or ()
    return any(context.status == "paid" and is_primary(other, context) for other, context in earlier)
