"""Random packs and claims, small enough that rules meet lines: few codes, few dates, every clause, matcher, window and key."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from payerpack.claim import Authorization, Claim, HistoryLine, Patient, Payer, Provider, ServiceLine
from payerpack.dates import DateRange
from payerpack.packs.model import FactType, Pack, Place
from payerpack.packs.tables import read_table

HERE = Path(__file__).parent
FILE = HERE / "pack.toml"
CODES = ("70450", "72192", "76376", "76377", "99213", "99214", "G0277")
DATES = tuple(
    dt.date.fromisoformat(day)
    for day in ("2023-02-28", "2023-12-31", "2024-01-01", "2024-01-31", "2024-02-28", "2024-02-29", "2024-03-01")
)
SETS = {
    "rendering": ["76376", "76377"],
    "imaging": ["70000-76999", "!@rendering"],
    "visit": ["992*"],
    "base_study": ["@imaging"],
}
FACTS = (
    FactType("risk", "text", many=True),
    FactType("score", "number"),
    FactType("onset", "date"),
    FactType("flagged", "flag"),
)
TABLES = {HERE / name: read_table(HERE / name)[0] for name in ("tables/scores.csv", "tables/pairs.csv")}
SIDES = ("LT", "RT", "50", "26", "TC", "59")

days = st.sampled_from((*DATES, *[DATES[4]] * 5))
codes = st.sampled_from(CODES)


def some(values, least=1):
    return st.lists(st.sampled_from(values), min_size=least, max_size=3, unique=True)


def one_of_weighted(*weighted):
    return st.one_of(*[strategy for strategy, weight in weighted for _ in range(weight)])


# -- matchers, by the type of the fact

code_entries = st.sampled_from((*CODES, "@rendering", "@imaging", "@visit", "70000-73000", "763*"))
code_lists = st.lists(code_entries, min_size=1, max_size=3).flatmap(
    lambda entries: st.sampled_from((entries, [*entries, "!76377"], [*entries, "!@visit"]))
)


def literals(name):
    values = {
        "modifiers": SIDES,
        "diagnoses": ("S324", "S325", "I26*", "I2699"),
        "report.workstation": ("independent", "pacs", "conflict"),
        "report.section": (True, False),
        "flagged": (True, False),
        "risk": ("caries", "gum", "conflict"),
        "units": (1, 2, "3"),
        "charge": ("10.00", 20),
        "score": (1, 2.5, "3"),
        "patient.age": (21, 22),
        "place_of_service": ("11", "22"),
        "claim.state": ("OR", "WA"),
        "claim.contract.plan": ("gold", "silver"),
        "status": ("paid", "denied", "open"),
        "service_date": DATES,
        "onset": DATES,
        "claim.received_date": DATES,
        "authorization.codes": CODES,
        "billing_provider.tax_id": ("930000000", "930000001"),
    }
    return code_entries if name in {"code", "base.code"} else st.sampled_from(values[name])


NAMES = (
    "modifiers", "diagnoses", "report.workstation", "report.section", "flagged", "risk", "units", "charge", "score",
    "patient.age", "place_of_service", "claim.state", "claim.contract.plan", "status", "service_date", "onset",
    "claim.received_date", "authorization.codes", "billing_provider.tax_id", "code", "base.code",
)  # fmt: skip
NUMBERS = ("units", "charge", "score", "patient.age")
DAYS = ("service_date", "onset", "claim.received_date")


def bounds(name):
    if name in NUMBERS:
        low = st.sampled_from((1, 2, "2"))
        table = st.just({"table": "tables/scores.csv", "key": "code", "column": "score"})
        return st.one_of(
            low.map(lambda v: {"min": v}), low.map(lambda v: {"max": v}), st.just({"min": 1, "max": 2}),
            table.map(lambda t: {"max": t}), table.map(lambda t: {"min": t}),
        )  # fmt: skip
    return st.one_of(
        days.map(lambda d: {"before": d}), days.map(lambda d: {"after": d}), days.map(lambda d: {"from": d}),
        days.map(lambda d: {"to": d}), st.just({"from": DATES[1], "to": DATES[4]}),
        st.tuples(windows(), st.sampled_from(DAYS)).map(lambda t: {"within": t[0], "of": t[1]}),
    )  # fmt: skip


@st.composite
def matchers(draw, name, depth=2, lists=True):
    literal = literals(name)
    kinds = ["value", "value", "known", "empty", *(["list"] if lists else [])]
    if name in NUMBERS + DAYS:
        kinds += ["bounds", "bounds"]
    if name in {"code", "place_of_service"}:
        kinds.append("lookup")
    if depth:
        kinds += ["not", "all", "none", "only", *(["tables"] if lists else [])]
    kind = draw(st.sampled_from(kinds))
    inner = matchers(name, depth - 1, lists=kind in {"not", "all"}) if depth else literal
    if kind == "value":
        return draw(literal)
    if kind == "list":
        return draw(code_lists if name in {"code", "base.code"} else st.lists(literal, min_size=1, max_size=3))
    if kind in {"known", "empty"}:
        return {kind: draw(st.booleans())}
    if kind == "bounds":
        return draw(bounds(name))
    if kind == "lookup":
        return {"table": "tables/scores.csv", "key": "units", "column": name}
    if kind == "not":
        return {"not": draw(inner)}
    if kind == "tables":
        return [draw(inner), draw(st.builds(lambda m: {"not": m}, inner))]
    return {kind: draw(st.lists(inner, min_size=1, max_size=2))}


@st.composite
def tables(draw, depth=1, names=NAMES, other=False, least=1):
    made = {}
    for name in draw(st.lists(st.sampled_from(names), min_size=least, max_size=2, unique=True)):
        prefix = "other." if other and draw(st.booleans()) else ""
        made[prefix + name] = draw(matchers(name))
    if depth and draw(st.integers(0, 3)) == 0:
        group = draw(st.sampled_from(("any", "none")))
        made[group] = draw(st.lists(tables(depth - 1, names, other), min_size=1, max_size=2))
    if depth and draw(st.integers(0, 5)) == 0:
        made["with"] = draw(lines(standing=draw(st.booleans())))
    return made


# -- windows, keys, other lines


def windows():
    return st.one_of(
        st.sampled_from(("day", "calendar_year", "benefit_year", "lifetime")),
        st.sampled_from((
            {"days": 1}, {"days": 30}, {"days": 31}, {"months": 1}, {"months": 12}, {"years": 1}, {"full_months": 1},
            {"full_months": 2}, {"fiscal_year_start": "07-01"}, {"fiscal_year_start": "02-29"},
            {"from": DATES[2], "to": DATES[5]}, {"from": DATES[3]}, {"before": 1, "after": 30}, {"after": 1},
        )),
    )  # fmt: skip


def rolling_and_claim():
    return st.one_of(st.just("claim"), windows())


KEYS = (
    "patient", "service_date", "code", "code_set", "billing_group", "billing_npi", "rendering_npi", "specialty", "side",
    "facility", "claim", "place_of_service", "score", "base.code",
)  # fmt: skip


@st.composite
def lines(draw, standing=False, pairs=False):
    made = draw(tables(depth=0, names=("modifiers", "status", "report.section", "score"), least=0))
    if not pairs and draw(st.integers(0, 3)):
        made["code"] = draw(code_lists)
    if not made and not pairs:
        made["status"] = "open"
    if draw(st.booleans()):
        made["same"] = draw(some(KEYS))
    if draw(st.booleans()):
        made["window"] = draw(rolling_and_claim())
    if standing:
        made["standing"] = True
    if pairs:
        made["pairs"] = {"table": "tables/pairs.csv"}
    return made


@st.composite
def conflicts(draw):
    made = draw(lines(standing=draw(st.integers(0, 3)) == 0, pairs=draw(st.integers(0, 3)) == 0))
    if draw(st.booleans()):
        made["bypass_modifiers"] = draw(some(SIDES))
    if draw(st.integers(0, 3)) == 0:
        made["target"] = draw(st.sampled_from(("this", "other")))
    return made


@st.composite
def limits(draw):
    dated = [
        {"from": DATES[0], "to": DATES[0], "value": 0}, {"from": DATES[2], "value": 2}, {"from": DATES[4], "value": "1"},
    ]  # fmt: skip
    made = {
        "max": draw(
            st.one_of(
                st.sampled_from((0, 1, 2, "15.00")),
                st.just(dated),
                st.just({"table": "tables/scores.csv", "key": "code", "column": "score"}),
            )
        )
    }
    if draw(st.booleans()):
        made["count"] = draw(st.sampled_from(("units", "lines", "services", "charge", "paid")))
    if draw(st.integers(0, 2)) == 0:
        made["of"] = draw(tables(depth=0, names=("code", "modifiers", "status", "report.section")))
    if draw(st.booleans()):
        made["per"] = draw(some(KEYS))
    if draw(st.integers(0, 4)):
        made["window"] = draw(rolling_and_claim())
    if draw(st.booleans()):
        made["order"] = draw(st.sampled_from(("-charge", "charge", ["score", "-units"], "-score")))
    if draw(st.integers(0, 2)) == 0:
        made["over"] = draw(st.sampled_from(("excess", "all")))
    return made


@st.composite
def combinations(draw):
    listed = draw(st.sampled_from((["70450", "72192"], ["76376", "76377", "99213"], "@rendering")))
    made = {"into": "80048"}
    if draw(st.booleans()):
        made["all_of"] = listed
    else:
        made["n_of"] = {"n": draw(st.integers(1, 2)), "codes": listed}
    if draw(st.booleans()):
        made["same"] = draw(some(KEYS))
    return made


# -- rules, packs

EFFECTIVE = (
    {}, {}, {}, {}, {}, {"from": DATES[2]}, {"to": DATES[3]}, {"from": DATES[2], "to": DATES[5]},
    {"from": DATES[4], "by": "received_date"}, {"to": DATES[4], "by": "processed_date"},
    {"from": DATES[3], "by": "processed_date"},
)  # fmt: skip


@st.composite
def rules(draw, number):
    made = {"id": f"r{number}", "stage": draw(st.sampled_from(("eligibility", "modifiers", "bundling", "frequency")))}
    clause = draw(
        st.sampled_from(
            (
                "",
                "require",
                "needs",
                "needs",
                "conflicts_with",
                "conflicts_with",
                "limit",
                "limit",
                "combine",
                "components",
            )
        )
    )
    about_code = draw(st.integers(0, 3))
    if about_code:
        made["when"] = {"code": draw(code_lists)}
        if draw(st.integers(0, 5)) == 0:
            made["when"] |= {k: v for k, v in draw(tables()).items() if k != "code"}
    elif clause in {"", "require"} or draw(st.booleans()):
        made["when"] = draw(tables())
    if clause == "needs":
        made[clause] = draw(lines(standing=draw(st.integers(0, 2)) == 0, pairs=draw(st.integers(0, 4)) == 0))
    elif clause:
        by_clause = {
            "require": tables(), "conflicts_with": conflicts(), "limit": limits(), "combine": combinations(),
            "components": st.just(True),
        }  # fmt: skip
        made[clause] = draw(by_clause[clause])
    other = clause in {"conflicts_with", "components"}
    if draw(st.integers(0, 3)) == 0:
        made["unless"] = draw(st.lists(tables(other=other), min_size=1, max_size=2))
    effective = draw(st.sampled_from(EFFECTIVE))
    if effective:
        made["effective"] = effective
    if draw(st.integers(0, 5)) == 0:
        made["applies_to"] = {"state": draw(st.sampled_from(("OR", ["OR", "WA"], {"not": "OR"})))}
    if clause in {"require", "needs"} and draw(st.booleans()):
        made["on_unknown"] = draw(st.sampled_from(("pend", "fire", "skip", "warn", {"action": "inform"})))
    if draw(st.integers(0, 6)) == 0:
        made["status"] = "monitor"
    made["then"] = {"action": draw(st.sampled_from(("deny", "deny", "warn", "reject")))}
    return made


@st.composite
def overrides(draw, numbers):
    made = {"rule": f"parent:r{draw(st.sampled_from(numbers))}", "reason": "the contract says so"}
    span = draw(st.sampled_from(({}, {"from": DATES[2]}, {"from": DATES[1], "to": DATES[3]})))
    kind = draw(st.sampled_from(("disable", "except", "set")))
    if kind == "disable":
        made["disable"] = True
    elif kind == "except":
        made["except"] = draw(st.lists(tables(), min_size=1, max_size=2))
    else:
        made["set"] = {"then.action": "inform"}
    return {**made, **({"effective": span} if span else {})}


def pack_of(rules_, identifier="parent", overrides_=(), extends=None, effective=None):
    return Pack(
        id=identifier,
        version="1",
        status="active",
        folder=HERE,
        digest=identifier,
        extends=extends,
        effective=effective or DateRange(),
        sets=SETS,
        set_places={name: Place(FILE, ("codes", name)) for name in SETS},
        facts=FACTS,
        rules=tuple((rule, Place(FILE, ("rule", n))) for n, rule in enumerate(rules_)),
        overrides=tuple((one, Place(FILE, ("override", n))) for n, one in enumerate(overrides_)),
        tables=TABLES,
    )


class Parents:
    """A library that holds the parent only."""

    def __init__(self, parent):
        self.parent = parent

    def __repr__(self):
        return "..."

    def header(self, *_):
        return self.parent

    def load(self, _):
        return self.parent


class Made:
    """A pack and the library of its parent; a failing example shows no more than the rules."""

    def __init__(self, pack, library):
        self.pack, self.library = pack, library

    def __repr__(self):
        packs = {self.library.parent.id: self.library.parent, self.pack.id: self.pack}
        shown = [
            f"{pack.id} {pack.effective.start}..{pack.effective.end}: {[r for r, _ in pack.rules]} {[o for o, _ in pack.overrides]}"
            for pack in packs.values()
        ]
        return "\n".join(shown)


@st.composite
def policies(draw):
    """Draw a pack and the library of its parent."""
    count = draw(st.integers(1, 3))
    made = [draw(rules(number)) for number in range(count)]
    bounds_ = draw(st.sampled_from((None, None, DateRange(DATES[1], DATES[5]))))
    parent = pack_of(made, effective=bounds_)
    if draw(st.integers(0, 3)):
        return Made(parent, Parents(parent))
    child = pack_of(
        [draw(rules(9))] if draw(st.booleans()) else [],
        "child",
        [draw(overrides(range(count)))],
        ("parent", ""),
    )
    return Made(child, Parents(parent))


# -- claims

providers = st.builds(
    Provider,
    npi=st.sampled_from(("1234567893", "1245319599", "")),
    tax_id=st.sampled_from(("930000000", "")),
    taxonomy=st.sampled_from(("", "2085R0202X")),
    specialty=st.sampled_from(("", "30")),
)


@st.composite
def service_lines(draw, number):
    code = draw(st.sampled_from((*CODES, *CODES, "")))
    return ServiceLine(
        number=number,
        code=code,
        service_date=draw(days),
        modifiers=tuple(draw(st.lists(st.sampled_from(SIDES), max_size=2, unique=True))),
        units=Decimal(draw(st.integers(0, 3))),
        charge=draw(st.sampled_from((None, Decimal("10.00"), Decimal("20.00")))),
        place_of_service=draw(st.sampled_from(("", "22"))),
        revenue_code="" if code else "0360",
        diagnosis_pointers=draw(st.sampled_from(((), (1,), (2,)))),
        base_line=draw(st.sampled_from((None, None, None, 1))),
        rendering_provider=draw(st.one_of(st.none(), providers)),
    )


@st.composite
def claims(draw, identifier="C", patient="P", most=4):
    count = draw(st.integers(1, most))
    biller = Provider("1234567893", draw(st.sampled_from(("930000000", "930000001", ""))))
    return Claim(
        id=identifier,
        type="professional",
        payer=Payer("60054"),
        patient=Patient(patient, draw(st.sampled_from((None, dt.date(2002, 2, 28), dt.date(2004, 2, 29)))), "F"),
        billing_provider=biller,
        lines=tuple(draw(service_lines(number + 1)) for number in range(count)),
        state=draw(st.sampled_from(("", "OR", "WA"))),
        received_date=draw(st.one_of(st.none(), days)),
        processed_date=draw(st.one_of(st.none(), days)),
        place_of_service=draw(st.sampled_from(("", "11"))),
        diagnoses=("S324", "I2699"),
        facility=draw(st.one_of(st.none(), providers)),
        authorizations=draw(st.sampled_from(((), (Authorization("A1", ("76376",), DATES[2], DATES[4]),)))),
        coverage=draw(st.sampled_from(({}, {"year_start": "2020-02-29"}, {"year_start": "2020-07-01"}))),
        contract=draw(st.sampled_from(({}, {"plan": "gold"}))),
    )


facts = st.fixed_dictionaries(
    {},
    optional={
        "report.workstation": st.sampled_from(("independent", "pacs", "conflict")),
        "report.section": st.booleans(),
        "flagged": st.booleans(),
        "risk": st.sampled_from((("caries",), ("caries", "gum"), (), "conflict")),
        "score": st.sampled_from((Decimal(1), Decimal("2.5"), None)),
        "onset": days,
        "claim.state": st.sampled_from(("OR", "conflict")),
        "diagnoses": st.sampled_from((("S324",), "conflict")),
        "status": st.sampled_from(("paid", "conflict")),
        "claim.received_date": st.sampled_from((DATES[4], "conflict")),
    },
)


@st.composite
def histories(draw):
    made = []
    for number in range(draw(st.integers(0, 3))):
        claim = draw(claims(f"H{number}", draw(st.sampled_from(("P", "P", "P", "Q"))), 1))
        made.append(
            HistoryLine(
                claim,
                claim.lines[0],
                draw(st.sampled_from(("paid", "paid", "denied", "open"))),
                draw(st.sampled_from((None, Decimal("8.00")))),
                draw(st.one_of(st.none(), days)),
                draw(facts),
            )
        )
    return made


class Situation:
    """A claim, the facts supplied for it, history or none, and the date of knowledge."""

    def __init__(self, claim, supplied, history, as_of):
        self.claim, self.supplied, self.history, self.as_of = claim, supplied, history, as_of

    def __repr__(self):
        claim = [f"{name}={value}" for name, value in _filled(self.claim) if name != "lines"]
        earlier = [
            (past.status, past.processed_date, past.facts, dict(_filled(past.line))) for past in self.history or ()
        ]
        return "\n".join(
            [str(claim), *(str(dict(_filled(line))) for line in self.claim.lines), f"{self.supplied} as of {self.as_of}",
             f"history: {None if self.history is None else earlier}"]
        )  # fmt: skip


def _filled(record):
    return [(name, getattr(record, name)) for name in record.__slots__ if name[0] != "_" and getattr(record, name)]


@st.composite
def situations(draw):
    """Draw a situation of a review."""
    claim = draw(claims())
    supplied = {(n, name): v for n in (1, 2, 3) if n <= len(claim.lines) for name, v in draw(facts).items()}
    return Situation(
        claim, supplied, draw(st.one_of(st.none(), histories(), histories())), draw(st.one_of(st.none(), days))
    )
