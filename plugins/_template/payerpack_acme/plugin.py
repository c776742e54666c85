"""What no pack can say: whether a day is a working day. The pack asks, this code answers, and the pack decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from payerpack import Claim, Setup, hookimpl

_SATURDAY: Final = 5


@dataclass(frozen=True)
class Settings:
    """What a pack or a deployment may set.

    Attributes:
        holidays: Days that count as no working day, whatever the weekday.
    """

    holidays: tuple[dt.date, ...] = ()


class Plugin:
    """The hooks of one policy; every policy that names the plugin gets an object of its own."""

    Settings = Settings

    def __init__(self, setup: Setup) -> None:
        """Prepare the hooks.

        Args:
            setup: What the policy gives: its settings, as `Settings`.
        """
        self._holidays = frozenset(setup.settings.holidays)

    @hookimpl
    def supply_facts(self, claim: Claim) -> Mapping[tuple[int | None, str], Any]:
        """Supply the fact that the pack declares: whether a line's day is a working day."""
        return {(line.number, "calendar.working_day"): self._works(line.service_date) for line in claim.lines}

    def _works(self, day: dt.date) -> bool:
        return day.weekday() < _SATURDAY and day not in self._holidays
