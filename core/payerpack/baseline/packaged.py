"""Services whose payment is inside another payment, or that the fee schedule does not pay.

Source:
    CMS physician fee schedule relative value file, status codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from payerpack.baseline import options as read
from payerpack.baseline.edit import Edit, Look, Looked, Subject, Verdict
from payerpack.baseline.view import PRACTITIONER, View, overlap, provider_key
from payerpack.finding import Adjustment, Finding

_ONLY_ALONE: Final = "T"


@attrs.frozen(slots=True, repr=False)
class PackagedOptions:
    """Parameters of ``builtin = "packaged"``.

    Attributes:
        provider_key: Who counts as one provider.
        actions: The action for each status; ``T`` applies when another payable service stands beside it.
        adjustments: Adjustments of a status that differ from the rule's ``then``.
        payable: The statuses of services that the fee schedule pays.
    """

    provider_key: str = attrs.field(default="rendering_npi", metadata=read.TEXT)
    actions: Mapping[str, str] = attrs.field(default={}, metadata=read.ACTION_BY_KEY)
    adjustments: Mapping[str, Adjustment] = attrs.field(default={}, metadata=read.ADJUSTMENT_BY_KEY)
    payable: frozenset[str] = attrs.field(default=frozenset(("A", "R", "C")), metadata=read.NAMES)


class Packaged(Edit[PackagedOptions]):
    """Denies what is always bundled (B, P) or not covered (N), and what is paid only alone (T) when it is not alone.

    Whether it is alone depends on what becomes of the other lines, so T is judged in the cascade, when nothing else
    changes any more.
    """

    builtin = "packaged"
    settings = PRACTITIONER
    options = PackagedOptions

    def judge(self, subject: Subject) -> Iterable[Verdict | Look]:
        """Judge the status of a line's code."""
        row = subject.row()
        options = self.options_on(subject.day)
        if row is None or row.status not in options.actions:
            return ()
        verdict = self._verdict(row.status, subject, options)
        return (Look((verdict, subject.fees)),) if row.status == _ONLY_ALONE else (verdict,)

    def cascade(self, view: View, looked: Looked) -> Iterator[Finding]:
        """Find lines that are paid only alone beside a standing service of the same provider and day."""
        for line, (verdict, fees) in looked:
            options = self.options_on(line.service_date)
            key = provider_key(options.provider_key)
            provider = key(line, view.context)
            beside = tuple(
                other.number
                for other in view.lines
                if other is not line
                and other.number not in view.context.denied
                and overlap(line, other)
                and provider
                and key(other, view.context) == provider
                and (row := fees.row(other.code)) is not None
                and row.status in options.payable
            )
            if beside:
                yield from self.find(view, line, verdict, related_lines=beside)

    def _verdict(self, status: str, subject: Subject, options: PackagedOptions) -> Verdict:
        assert subject.fees is not None
        facts = {"status_code": status, "edition": subject.fees.label}
        return Verdict(facts, "", options.actions[status], options.adjustments.get(status))
