"""What a test of a pack expects of a line, and how a review falls short of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import attrs

from payerpack.finding import ACTIONS, CURES, STAGES, Finding, LineOutcome, Review
from payerpack.packs.clause_shapes import GROUP_CODES
from payerpack.packs.model import Path_
from payerpack.packs.shapes import Anything, Checker, CodeText, Either, Key, Many, Record, Text

if TYPE_CHECKING:
    from payerpack.packs.cases import Case

_CODES: Final = Either((CodeText(), Many(CodeText(), 0)))
_EFFECTS: Final[Mapping[str, str]] = {
    "to_code": "code",
    "units": "units",
    "max_units": "units",
    "percent": "percent",
    "of": "of",
    "amount": "amount",
    "max_amount": "amount",
    "into": "into",
}
"""Keys of an expectation, and the keys of a finding's effect that they are compared with."""
EXPECTED: Final = Record(
    "the expectation",
    (
        Key("action", Text((*ACTIONS, "accept")), "The outcome of the line.", 'action = "deny"', required=True),
        Key("rule", Text(), "The rule that decides: its bare id or pack-id:rule-id.", 'rule = "3d-integral"'),
        Key("carc", CodeText(), "The CARC of the deciding finding.", 'carc = "97"'),
        Key("rarc", _CODES, "Its RARCs, all of them.", 'rarc = ["N19"]'),
        Key("group", Text(GROUP_CODES), "Its group code.", 'group = "CO"'),
        Key("cure", Text(CURES), "What can fix it.", 'cure = "modifier"'),
        Key("stage", Text(STAGES), "The stage of the deciding rule.", 'stage = "bundling"'),
        Key("message", Text(), "Words that its message contains.", 'message = "integral"'),
        Key("related_lines", Many(Anything(), 0), "The lines it lost to.", "related_lines = [1]"),
        *(Key(name, Anything(), "A key of its effect.") for name in _EFFECTS),
    ),
)


@attrs.frozen(slots=True, repr=False)
class Expected:
    """What is expected of one line: its outcome, the rule that decides, and keys of the deciding finding."""

    action: str
    rule: str = ""
    keys: Mapping[str, Any] = attrs.field(factory=dict)


ACCEPTED: Final = Expected("accept")


@attrs.frozen(slots=True, eq=False, repr=False)
class CaseResult:
    """How one test went.

    Attributes:
        case: The test.
        failures: What differs from the expectation, a sentence each; for a ``todo`` that unexpectedly holds, that.
        review: The review, or ``None`` when it could not be made.
    """

    case: Case
    failures: tuple[str, ...] = ()
    review: Review | None = None

    @property
    def passed(self) -> bool:
        """Whether the test went as it should; a ``todo`` passes as long as it fails."""
        return not self.failures


def read_expected(value: Any, path: Path_, into: Checker) -> Expected:
    """Return an expectation as written: an action alone, or a table."""
    table = {"action": value} if isinstance(value, str) else dict(value)
    before = len(into.faults)
    EXPECTED.check(table, path, into)
    if isinstance(value, str):  # the action stands at the path itself
        into.faults[before:] = [attrs.evolve(fault, path=path) for fault in into.faults[before:]]
    action, rule = table.pop("action", "accept"), table.pop("rule", "")
    return Expected(str(action), str(rule), table)


def run_cases(cases: Iterable[Case], review: Callable[[Case], Review]) -> Iterator[CaseResult]:
    """Yield how each test goes.

    Args:
        cases: The tests.
        review: Makes the review a test is about; what it raises is not caught.
    """
    for case in cases:
        made = review(case)
        failures = tuple(differences(case.expect, made))
        if case.todo:
            failures = () if failures else (f'it holds, though todo says "{case.todo}"; take todo out',)
        yield CaseResult(case, failures, made)


def differences(expect: Mapping[int, Expected], review: Review) -> Iterator[str]:
    """Yield what differs between a review and an expectation; a line that is not named must be accepted.

    Findings that only tell of a gap (their facts have ``gap``: a date, table or code that the edition does not hold) need
    not be expected, so that a test does not depend on which edition is installed; they may be.
    """
    heard = attrs.evolve(review, findings=tuple(f for f in review.findings if not _tells_of_gap(f)))
    for outcome, whole in zip(heard.lines, review.lines, strict=True):
        wanted = expect.get(outcome.number, ACCEPTED)
        found = list(_differences(wanted, outcome, _deciding(outcome, heard)))
        if found and whole != outcome and not any(_differences(wanted, whole, _deciding(whole, review))):
            continue
        yield from (f"line {outcome.number}: {text}" for text in found)


def _tells_of_gap(finding: Finding) -> bool:
    return finding.action == "inform" and "gap" in finding.facts


def _deciding(outcome: LineOutcome, review: Review) -> Finding | None:
    """Return the finding that decides a line, or ``None`` when nothing does."""
    return next(
        (
            finding
            for finding in review.findings
            if finding.rule == outcome.primary
            and finding.action == outcome.outcome
            and not finding.monitored
            and (outcome.number in finding.lines or (not finding.lines and finding.action != "inform"))
        ),
        None,
    )


def _differences(wanted: Expected, outcome: LineOutcome, finding: Finding | None) -> Iterator[str]:
    decided = f" by {outcome.primary}" if outcome.primary else ""
    if outcome.outcome != wanted.action:
        reason = f" ({finding.message})" if finding is not None and finding.message else ""
        yield f"expected {wanted.action}{f' by {wanted.rule}' if wanted.rule else ''}, got {outcome.outcome}{decided}{reason}"
        return
    if wanted.rule and wanted.rule not in {outcome.primary, (outcome.primary or "").partition(":")[2]}:
        yield f"expected {wanted.action} by {wanted.rule}, got {outcome.outcome}{decided or ' by no rule'}"
        return
    for key, value in wanted.keys.items():
        got = None if finding is None else _read(finding, key)
        if key == "message":
            if str(value) not in (got or ""):
                yield f'expected a message with "{value}", got "{got}"'
        elif not _equal(key, value, got):
            yield f"expected {key} = {_shown(value)}, got {_shown(got)}"


def _read(finding: Finding, key: str) -> Any:
    if key in {"carc", "rarc", "group"}:
        return getattr(finding.adjustment, key, None)
    if key in _EFFECTS:
        return (finding.effect or {}).get(_EFFECTS[key])
    return getattr(finding, key)


def _equal(key: str, wanted: Any, got: Any) -> bool:
    if key == "rarc":
        return sorted([wanted] if isinstance(wanted, str) else wanted) == sorted(got or ())
    if key == "related_lines":
        return sorted(wanted) == sorted(got or ())
    return wanted == got or (key in _EFFECTS and got is not None and _number(wanted) == _number(got))


def _number(value: Any) -> Decimal | str:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(list(value) if isinstance(value, tuple) else value)
