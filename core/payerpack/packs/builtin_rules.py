"""Rules whose test is code: what a plugin gets of a ``builtin`` rule, and the findings it makes with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.claim import ServiceLine
from payerpack.context import Context
from payerpack.dates import ALWAYS
from payerpack.finding import STRENGTH, Action, Adjustment, Cure, Finding, Stage
from payerpack.packs.bodies import Body
from payerpack.packs.faults import Faults
from payerpack.packs.messages import Template, compile_message, placeholders
from payerpack.packs.outcomes import Outcome, Stamp, StampedFinding, stamped

if TYPE_CHECKING:
    from payerpack.packs.compile import CompiledRule

_NO_VALUES: Final[Mapping[str, Any]] = {}


@attrs.frozen(slots=True, eq=False, repr=False)
class Builtin:
    """A rule whose test is code: what a plugin gets of it (see `payerpack.context.BuiltinRule`).

    Attributes:
        rule: The compiled rule; its clause is absent, ``when`` and ``unless`` narrow it.
        builtin: The name of the test.
        plain: Its body, where it judges every line on every date.
    """

    rule: CompiledRule
    builtin: str
    faults: Faults
    templates: dict[str, Template] = attrs.field(factory=dict)
    parameters: dict[int, Mapping[str, Any]] = attrs.field(factory=dict)
    plain: Body | None = attrs.field(init=False)

    @plain.default
    def _plain(self) -> Body | None:
        body = self.rule.base
        narrowed = self.rule.variants or self.rule.disabled or body.when or body.excuses
        dated = body.clock.dates != ALWAYS or body.clock.by != "service_date"
        return None if narrowed or dated else body

    @property
    def id(self) -> str:
        """``pack-id:rule-id``."""
        return self.rule.id

    @property
    def stage(self) -> Stage:
        """The hook it belongs to."""
        return self.rule.stage

    def parameters_on(self, day: dt.date) -> Mapping[str, Any]:
        """Return the parameters in force for a line of that date, after overrides."""
        body = self.rule.body_on(day) or self.rule.base
        return self.parameters[id(body)]

    def every_parameters(self) -> Iterable[Mapping[str, Any]]:
        """Return the parameters of all dates, those of no override first."""
        return self.parameters.values()

    def _body(self, line: ServiceLine, context: Context) -> Body | None:
        day = self.rule.base.clock.day(line, context)
        body = None if day is None else self.rule.body_on(day)
        if body is None or day is None or day not in body.clock.dates:
            return None
        for condition in body.when:
            if condition.test(line, context) is not True:
                return None
        return None if body.excuses and body.excused(line, context, None) else body

    def holds(self, line: ServiceLine, context: Context) -> bool:
        """Say whether the rule judges this line: its dates, ``when``, ``unless`` and exceptions."""
        return self.plain is not None or self._body(line, context) is not None

    def finding(
        self,
        line: ServiceLine,
        context: Context,
        *,
        lines: tuple[int, ...] | None = None,
        related_lines: tuple[int, ...] = (),
        action: Action | None = None,
        adjustment: Adjustment | None = None,
        cure: Cure | None = None,
        message: str = "",
        facts: Mapping[str, Any] | None = None,
        effect: Mapping[str, Any] | None = None,
    ) -> Finding | None:
        """Return the finding with what the pack says filled in, or ``None`` when the rule does not judge the line."""
        body = self.plain or self._body(line, context)
        if body is None:
            return None
        template = self._template(message) if message else body.then.template
        numbers = (line.number,) if lines is None else lines
        said = (numbers, related_lines, action, adjustment, cure, template, facts or _NO_VALUES, effect)
        return stamped(BuiltinFinding, (body.stamp, body, line, context, said))

    def _template(self, message: str) -> Template:
        template = self.templates.get(message)
        if template is None:
            # Messages of a plugin are written in code; their own placeholders are whatever facts they pass.
            template = self.templates[message] = compile_message(message, self.faults, (), placeholders(message))
        return template


_Said = tuple[
    tuple[int, ...],
    tuple[int, ...],
    "Action | None",
    "Adjustment | None",
    "Cure | None",
    Template,
    Mapping[str, Any],
    "Mapping[str, Any] | None",
]
"""What a plugin said: lines, related lines, action, adjustment, cure, message, facts and effect."""


class BuiltinFinding(StampedFinding):
    """A finding of a builtin rule: what the plugin said, and for the rest what the pack says."""

    __slots__ = ()
    _parts: tuple[Stamp, Body, ServiceLine, Context, _Said]

    @property
    def action(self) -> Action:
        """The plugin's action, else the pack's."""
        _, body, _, _, said = self._parts
        return said[2] or body.then.action

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines that the plugin names, else the one it judged."""
        return self._parts[4][0]

    @property
    def related_lines(self) -> tuple[int, ...]:
        """The other lines that took part."""
        return self._parts[4][1]

    @property
    def _then(self) -> Outcome | None:
        """The pack's outcome, where the plugin did not choose another action: then its adjustment does not fit."""
        _, body, _, _, said = self._parts
        return body.then if said[2] is None or said[2] == body.then.action else None

    @property
    def adjustment(self) -> Adjustment | None:
        """The plugin's adjustment, else the pack's."""
        then = self._then
        return self._parts[4][3] or (None if then is None else then.adjustment)

    @property
    def cure(self) -> Cure | None:
        """The plugin's cure, else the pack's."""
        then = self._then
        return self._parts[4][4] or (None if then is None else then.cure)

    @property
    def message(self) -> str:
        """The reason in a sentence, made when it is read."""
        _, _, line, context, said = self._parts
        return said[5].fill(line, context, None, said[6])

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts that the plugin gave."""
        return self._parts[4][6]

    @property
    def effect(self) -> Mapping[str, Any] | None:
        """The change that the plugin proposes."""
        return self._parts[4][7]

    def frame(self) -> tuple[dict[Any, Any], Hashable]:
        """Return the rule's own place, and what the plugin chose where the pack says something else."""
        stamp, _, _, _, said = self._parts
        return stamp.made, (said[2], said[3], said[4])

    def sort_key(self) -> tuple[Any, ...]:
        """Return the same as any finding does, read off once."""
        stamp, body, _, _, said = self._parts
        lines = said[0]
        strength = STRENGTH[said[2] or body.then.action]
        return lines[0] if lines else 0, stamp.monitored, strength, stamp.depth, stamp.rule, lines, said[1]
