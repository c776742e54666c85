"""Every key of ``pack.toml``, of rule files and of test files: what it may hold, what it means, an example.

This is the one description of the language's shape. Packs are checked against it; the JSON Schema for editors and the
reference of the language are made from it. What concerns several keys at once is in ``rule_checks``.
"""

from __future__ import annotations

from typing import Final

import attrs

from payerpack.finding import STAGES
from payerpack.packs import rule_checks
from payerpack.packs.clause_shapes import (
    COMBINE,
    CONFLICTS,
    EFFECTIVE,
    FACTS,
    LIMIT,
    NEEDS,
    ON_UNKNOWN,
    SOURCE,
    SPAN,
    TEXTS,
    THEN,
)
from payerpack.packs.model import STATUSES
from payerpack.packs.shapes import (
    Anything,
    CodeText,
    Day,
    Either,
    Flag,
    Key,
    Many,
    Names,
    Number,
    Record,
    Text,
)

ID: Final = Text(what='an id of letters, digits, "-", "_" and "."', check_text=rule_checks.check_id)
VERSION: Final = Text(what='a version such as "2026.1"', check_text=rule_checks.check_version)
RULE_REFERENCE: Final = Text(what='a rule such as "ncci-medicare:mue"', check_text=rule_checks.check_rule_reference)

RULE: Final = Record(
    "the rule",
    (
        Key("id", ID, "The rule's id, unique in its pack and stable for ever.", 'id = "3d-integral"', required=True),
        Key("title", Text(), "What the rule is about.", 'title = "3D rendering is integral"'),
        Key("stage", Text(STAGES), "The hook the rule runs in.", 'stage = "bundling"', required=True),
        Key(
            "status",
            Text(STATUSES),
            "`active` unless said; `monitor` reports and changes no outcome.",
            'status = "monitor"',
        ),
        Key("effective", EFFECTIVE, "The dates the rule judges.", "effective = { from = 2025-01-01 }"),
        Key("applies_to", FACTS, "Claims the rule is limited to, as in `[pack]`.", 'applies_to = { state = ["OR"] }'),
        Key("when", FACTS, "The lines the rule is about.", 'when = { code = "@rendering_3d" }'),
        Key(
            "unless",
            Either((FACTS, Many(FACTS))),
            "Lines it excuses: one table, or a list of which any will do.",
            "unless = [{ claim.contract.pays_3d = true }]",
        ),
        Key(
            "require", FACTS, "Fires when these facts do not hold.", 'require = { report.workstation = "independent" }'
        ),
        Key(
            "needs",
            NEEDS,
            "Fires when no other line matches.",
            'needs = { code = "@base", same = ["patient", "service_date"] }',
        ),
        Key(
            "conflicts_with",
            CONFLICTS,
            "Fires when another line matches.",
            'conflicts_with = { code = "@tomographic", same = ["patient", "service_date"] }',
        ),
        Key(
            "limit",
            LIMIT,
            "Fires when a count goes beyond a limit.",
            'limit = { max = 1, count = "units", window = "day" }',
        ),
        Key(
            "combine",
            COMBINE,
            "Fires on lines that belong under one code.",
            'combine = { all_of = "@panel", into = "80048" }',
        ),
        Key(
            "components",
            Flag(only=True),
            "Fires when professional, technical and global shares overlap.",
            "components = true",
        ),
        Key("builtin", Text(), "Runs a named test of the baseline or a plugin.", 'builtin = "ptp"'),
        Key(
            "parameters",
            Names(Anything(), "parameters"),
            "Values for the builtin test.",
            'parameters = { provider_key = "billing_group" }',
        ),
        Key("on_unknown", ON_UNKNOWN, "What unknown facts do: `pend` unless said.", 'on_unknown = "skip"'),
        Key(
            "then", THEN, "What happens when the rule fires.", 'then = { action = "deny", carc = "97", rarc = ["N19"] }'
        ),
        Key(
            "source",
            SOURCE,
            "Where the rule is written.",
            'source = { title = "Reimbursement policy 42", reviewed = 2026-01-15 }',
        ),
    ),
    also=rule_checks.check_rule,
)

LISTS: Final = Names(Either((Many(Anything()), Names(Anything(), "lists of the rule"))), "lists of the rule")
OVERRIDE: Final = Record(
    "the override",
    (
        Key(
            "rule", RULE_REFERENCE, "The rule of a parent that it changes.", 'rule = "ncci-medicare:mue"', required=True
        ),
        Key("reason", Text(), "Why, in a sentence.", 'reason = "Contract 7 allows three"', required=True),
        Key("disable", Flag(), "Switches the rule off.", "disable = true"),
        Key("except", Many(FACTS), "Lines the rule leaves alone.", 'except = [{ modifiers = "GA" }]'),
        Key("set", Names(Anything(), "keys of the rule"), "New values, by dotted key.", 'set = { "limit.max" = 3 }'),
        Key("add", LISTS, "Entries to add; `codes` stands for `when.code`.", 'add = { codes = ["76390"] }'),
        Key("remove", LISTS, "Entries to take out.", 'remove = { codes = ["76390"] }'),
        Key("effective", SPAN, "The dates it holds, on the rule's own clock.", "effective = { from = 2026-01-01 }"),
        Key("expires", Day(), "The last date it holds, where it should end.", "expires = 2026-12-31"),
        Key("source", SOURCE, "Where the change is written.", 'source = { title = "Contract 7" }'),
    ),
    also=rule_checks.check_override,
)

PACK: Final = Record(
    "[pack]",
    (
        Key("id", ID, "The pack's id, stable for ever.", 'id = "example-health"', required=True),
        Key("title", Text(), "What it is.", 'title = "3D rendering is integral to the primary study"'),
        Key("version", VERSION, "Its version.", 'version = "2026.1"', required=True),
        Key("status", Text(STATUSES), "Whether it judges claims; `active` unless said.", 'status = "active"'),
        Key(
            "extends",
            Text(what='one parent such as "ncci-medicare >=2024.3"', check_text=rule_checks.check_extends),
            "Its one parent and the versions of it that will do.",
            'extends = "ncci-medicare >=2024.3"',
        ),
        Key(
            "optional_parent",
            Flag(),
            "Whether it does without its parent where that is not installed; its reviews then say so.",
            "optional_parent = true",
        ),
        Key(
            "plugins",
            Many(Text(what='a plugin such as "payerpack-example >=1,<2"', check_text=rule_checks.check_plugin), 0),
            "The plugins it uses, in order.",
            'plugins = ["payerpack-example >=1,<2"]',
        ),
        Key(
            "applies_to",
            FACTS,
            "The claims it is for; absent: a library, used by `extends` or by id.",
            'applies_to = { payer = ["60054"], state = ["OR"] }',
        ),
        Key(
            "effective",
            SPAN,
            "Dates that bound every rule of the pack.",
            "effective = { from = 2025-01-01, to = 2026-12-31 }",
        ),
        Key(
            "published",
            Day(),
            "When this version became known; `as_of` dates before it use an older version.",
            "published = 2025-11-15",
        ),
    ),
    also=rule_checks.check_retired,
)

FACT: Final = Record(
    "the fact",
    (
        Key(
            "type",
            Text(("text", "code", "number", "money", "date", "flag")),
            "The type of its values.",
            'type = "text"',
            required=True,
        ),
        Key("many", Flag(), "Whether it is a list.", "many = true"),
        Key("values", TEXTS, "The values it may have, where they are a closed list.", 'values = ["high", "low"]'),
        Key("meaning", Text(), "What it says, in a sentence.", 'meaning = "Caries risk as the plan assesses it"'),
    ),
    only=True,
)
CODES: Final = Names(
    Either(
        (
            Many(CodeText()),
            Record(
                "a code set from a table",
                (
                    Key(
                        "table",
                        Text(),
                        "The CSV file, relative to the pack.",
                        'table = "tables/bone.csv"',
                        required=True,
                    ),
                    Key("column", Text(), "The column that holds the codes.", 'column = "code"', required=True),
                ),
            ),
        )
    ),
    "code sets",
    rule_checks.check_set_name,
)

_LISTS: Final = (
    Key("codes", CODES, "Named code sets.", 'codes = { rendering_3d = ["76376", "76377"] }'),
    Key(
        "facts",
        Anything("a table of facts"),
        "Types of facts that plugins or attributes supply.",
        'facts = { "patient.risk" = { type = "text" } }',
    ),
    Key("rule", Many(RULE, 0), "A rule."),
    Key("override", Many(OVERRIDE, 0), "A change to a rule of a parent."),
)
_SCHEMA: Final = Key("schema", Number(1, 1, whole=True), "The version of the language.", "schema = 1")

PACK_FILE: Final = Record(
    "pack.toml",
    (
        attrs.evolve(_SCHEMA, required=True),
        Key("pack", PACK, "What the pack is.", "[pack]", required=True),
        *_LISTS,
        Key(
            "settings",
            Names(Names(Anything(), "settings"), "plugins"),
            "Settings, by plugin.",
            "settings = { payerpack-example = { share = 20 } }",
        ),
    ),
    also=rule_checks.check_settings,
)
RULE_FILE: Final = Record("a rule file", (_SCHEMA, *_LISTS))

TEST: Final = Record(
    "the test",
    (
        Key("name", Text(), "What it shows, in a sentence.", 'name = "the rendering is integral"', required=True),
        Key("service_date", Day(), "The date of every line that says no other.", "service_date = 2026-02-03"),
        Key(
            "claim",
            Names(Anything(), "claim keys and facts"),
            "Keys of the claim, and facts for all its lines.",
            'claim = { payer.id = "60054", state = "OR" }',
        ),
        Key(
            "lines",
            Many(Names(Anything(), "line keys and facts")),
            "The lines; keys of a claim's line, and facts.",
            'lines = [{ code = "74177" }, { code = "76377", modifiers = ["26"] }]',
            required=True,
        ),
        Key(
            "history",
            Many(Names(Anything(), "line keys and facts"), 0),
            "Earlier lines; `status` is `paid` unless said.",
            'history = [{ code = "76377", service_date = 2026-01-02 }]',
        ),
        Key(
            "expect",
            Names(Either((Text(), Names(Anything(), "keys of a finding"))), "line numbers"),
            "What becomes of each line; a line not named must be accepted.",
            'expect = { 1 = "accept", 2 = { action = "deny", rule = "3d-integral" } }',
        ),
        Key("as_of", Day(), "The knowledge date of the review.", "as_of = 2026-03-01"),
        Key("policy", ID, "The policy that reviews; the pack under test unless said.", 'policy = "example-health"'),
        Key("todo", Text(), "A known gap: the test must still fail.", 'todo = "needs the July table"'),
    ),
)
TEST_FILE: Final = Record("a test file", (_SCHEMA, Key("test", Many(TEST), "A test.", required=True)))
