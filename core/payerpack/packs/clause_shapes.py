"""The parts of a rule: its dates, clauses, actions and source, key by key. ``schema`` puts them together."""

from __future__ import annotations

from typing import Any, Final

import attrs

from payerpack.finding import ACTIONS, CURES
from payerpack.packs import rule_checks
from payerpack.packs.facts_tables import KEYS, LINE_KEYS, Facts, Window
from payerpack.packs.model import Path_
from payerpack.packs.shapes import (
    Checker,
    CodeText,
    Day,
    Either,
    Key,
    Many,
    Number,
    Record,
    Shape,
    Text,
)

CLOCKS: Final = ("service_date", "received_date", "processed_date")
GROUP_CODES: Final = ("CO", "PR", "OA", "PI", "CR")
COUNTS: Final = ("units", "lines", "services", "charge", "paid")


TEXTS: Final = Many(Text())

EFFECTIVE: Final = Record(
    "effective",
    (
        Key("from", Day(), "The first date, included; absent: always until `to`.", "from = 2026-01-01"),
        Key("to", Day(), "The last date, included; absent: without end.", "to = 2026-12-31"),
        Key(
            "by",
            Text(CLOCKS),
            "Which date of the line or claim counts; `service_date` unless said.",
            'by = "received_date"',
        ),
    ),
    also=rule_checks.check_dates_in_order,
)
SPAN: Final = Record("effective", EFFECTIVE.keys[:2], also=rule_checks.check_dates_in_order)

LOOKUP: Final = Record(
    "a lookup",
    (
        Key("table", Text(), "The CSV file, relative to the pack.", 'table = "tables/limits.csv"', required=True),
        Key("key", Either((Text(), TEXTS)), "The fact (and column) that picks the row.", 'key = "code"', required=True),
        Key("column", Text(), "The column that holds the value.", 'column = "max"', required=True),
    ),
    only=True,
)


def dated(value: Shape) -> Shape:
    """Return the shape of a value that may change by date or come from a table."""
    entry = Record(
        "a dated value",
        (*SPAN.keys, Key("value", value, "The value in those dates.", "value = 2", required=True)),
        also=rule_checks.check_dates_in_order,
    )
    return Either((value, DatedList(entry), LOOKUP))


@attrs.frozen(slots=True, repr=False)
class DatedList(Many):
    """Values by date; their ranges may not overlap."""

    def _check(self, value: Any, path: Path_, into: Checker) -> None:
        super()._check(value, path, into)
        rule_checks.check_no_overlap(value, path, into)


PAIRS: Final = Record(
    "pairs",
    (
        Key(
            "table", Text(), "The CSV file of pairs, relative to the pack.", 'table = "tables/pairs.csv"', required=True
        ),
        Key(
            "this",
            Text(),
            "The column of the code that is judged; `column_2` or `code` unless said.",
            'this = "column_2"',
        ),
        Key(
            "other",
            Text(),
            "The column of the code it is held against; `column_1` or `other` unless said.",
            'other = "column_1"',
        ),
    ),
)

_PAIRS: Final = Key(
    "pairs", PAIRS, "Which codes belong together, as a table.", 'pairs = { table = "tables/pairs.csv" }'
)
NEEDS: Final = Facts(Record("needs", (*LINE_KEYS, _PAIRS)))
CONFLICTS: Final = Facts(
    Record(
        "conflicts_with",
        (
            *LINE_KEYS,
            _PAIRS,
            Key(
                "bypass_modifiers",
                Many(CodeText()),
                "Modifiers that excuse, on either line.",
                'bypass_modifiers = ["59", "XS"]',
            ),
            Key("target", Text(("this", "other")), "Which line loses; `this` unless said.", 'target = "other"'),
        ),
    )
)
FACTS: Final = Facts()

LIMIT: Final = Record(
    "limit",
    (
        Key("max", dated(Number(text=True)), "The most that is allowed.", "max = 1", required=True),
        Key("count", Text(COUNTS), "What is counted; `lines` unless said.", 'count = "units"'),
        Key(
            "of", FACTS, "The lines that are counted; those that `when` describes unless said.", 'of = { code = "@em" }'
        ),
        Key("per", KEYS, "Lines are counted together that agree in these keys.", 'per = ["patient", "code"]'),
        Key("window", Window(), "The time that is counted; `day` unless said.", 'window = "calendar_year"'),
        Key("order", Either((Text(), TEXTS)), "What comes first: a fact, with `-` the highest.", 'order = "-charge"'),
        Key("over", Text(("excess", "all")), "Which lines fire: those beyond the limit, or all.", 'over = "all"'),
    ),
)
_CODES: Final = Either((CodeText(), Many(CodeText())))
COMBINE: Final = Record(
    "combine",
    (
        Key("all_of", _CODES, "Every one of these codes must be there.", 'all_of = ["82310", "82374"]'),
        Key(
            "n_of",
            Record(
                "n_of",
                (
                    Key("n", Number(1, whole=True), "How many distinct codes are enough.", "n = 3", required=True),
                    Key("codes", _CODES, "The codes.", 'codes = "@panel"', required=True),
                ),
            ),
            "At least n of these codes must be there.",
            'n_of = { n = 3, codes = "@panel" }',
        ),
        Key("into", CodeText(), "The code that stands for all of them.", 'into = "80048"', required=True),
        Key("same", KEYS, "Keys in which the lines agree.", 'same = ["patient", "service_date"]'),
    ),
    also=rule_checks.check_combine,
)

THEN: Final = Record(
    "then",
    (
        Key("action", Text(ACTIONS), "What happens.", 'action = "deny"', required=True),
        Key("to_code", Either((CodeText(), LOOKUP)), "`recode`: the code to use instead.", 'to_code = "76376"'),
        Key("percent", dated(Number(0, 100, text=True)), "`reduce`: the share that stays payable.", "percent = 50"),
        Key("of", Text(("26", "TC")), "`reduce`: the component that is reduced.", 'of = "TC"'),
        Key("max_units", dated(Number()), "`cap`: the units that stay payable.", "max_units = 1"),
        Key(
            "max_amount",
            dated(Number(text=True)),
            "`cap`: the amount that stays payable, in US dollars.",
            'max_amount = "1500.00"',
        ),
        Key("into", CodeText(), "`combine`: the code that stands for all lines.", 'into = "80048"'),
        Key("group", Text(GROUP_CODES), "Group code of the adjustment; `CO` unless said.", 'group = "PR"'),
        Key("carc", CodeText(), "Claim adjustment reason code.", 'carc = "97"'),
        Key("rarc", Many(CodeText()), "Remittance advice remark codes.", 'rarc = ["N19"]'),
        Key(
            "message",
            Text(),
            "The reason in a sentence; `{placeholders}` name facts.",
            'message = "{code} is integral to {other.code}"',
        ),
        Key("cure", Text(CURES), "What can fix it.", 'cure = "modifier"'),
    ),
    also=rule_checks.check_action,
)
ON_UNKNOWN: Final = Either((Text(("fire", "skip", *ACTIONS)), THEN))

SOURCE: Final = Record(
    "source",
    (
        Key("title", Text(), "The document.", 'title = "Reimbursement policy 42"'),
        Key("url", Text(), "Its address.", 'url = "https://example.org/policy-42"'),
        Key("section", Text(), "Where in it.", 'section = "2"'),
        Key("reviewed", Day(), "When somebody last read it.", "reviewed = 2026-01-15"),
        Key(
            "confidence",
            Text(),
            "How sure the author is; `unverified` where nobody saw the text.",
            'confidence = "high"',
        ),
    ),
)
