"""Tests that live with a pack: reading ``tests/*.toml``, and comparing a review with what a test expects.

A test says only what it is about; the rest is filled in: one patient and provider, one unit, the pack under test as
policy. A key that a claim or line does not have is a fact supplied to the review.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import attrs

from payerpack.claim import Claim, HistoryLine, Patient, Payer, Provider, ServiceLine
from payerpack.codes import normalise
from payerpack.errors import PackError
from payerpack.facts import CATALOGUE, CONFLICT, Catalogue, coerce, free_fact
from payerpack.packs import schema
from payerpack.packs.diagnostics import problems
from payerpack.packs.expectations import Expected, read_expected
from payerpack.packs.faults import nearest
from payerpack.packs.files import toml_files
from payerpack.packs.model import Fault, Pack, Path_, Place
from payerpack.packs.shapes import Checker
from payerpack.packs.toml import read_toml

_PEOPLE: Final[Mapping[str, type]] = {
    "payer": Payer,
    "patient": Patient,
    "billing_provider": Provider,
    "rendering_provider": Provider,
    "referring_provider": Provider,
    "facility": Provider,
}
_DEFAULTS: Final[Mapping[str, Any]] = {
    "id": "test",
    "type": "professional",
    "payer": {"id": "test"},
    "patient": {"id": "test"},
    "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
}


def _names(record: type) -> frozenset[str]:
    return frozenset(field.name.rstrip("_") for field in attrs.fields(record))


_CLAIM_KEYS: Final = _names(Claim) - {"lines"}
_LINE_KEYS: Final = _names(ServiceLine)
_HISTORY_KEYS: Final = (_LINE_KEYS | _CLAIM_KEYS | _names(HistoryLine) | {"claim_id"}) - {
    "claim",
    "line",
    "id",
    "facts",
}


@attrs.frozen(slots=True, eq=False, repr=False)
class Case:
    """One test of a pack.

    Attributes:
        name: What it shows.
        place: Where it is written.
        claim: The claim, in the JSON shape.
        supplied: Facts beyond the claim's own, by line number (``None``: every line) and name.
        history: Earlier lines, flat as history has them, their facts under ``facts``.
        expect: What is expected, by line number.
        policy: The id of the policy that reviews, with ``==version`` where it is the pack under test.
        as_of: The knowledge date of the review, or ``None``.
        todo: Why it must still fail, or empty.
    """

    name: str
    place: Place
    claim: Mapping[str, Any]
    supplied: Mapping[tuple[int | None, str], Any]
    history: tuple[Mapping[str, Any], ...]
    expect: Mapping[int, Expected]
    policy: str
    as_of: dt.date | None = None
    todo: str = ""


def read_cases(pack: Pack, catalogue: Catalogue | None = None) -> tuple[Case, ...]:
    """Read every test of a pack, in the order of files and of the tests in them.

    Args:
        pack: The pack under test.
        catalogue: The facts that tests may supply; absent, those of the core and of the pack itself.

    Raises:
        PackError: A test cannot be read; every problem of every file at once.
    """
    cases, faults = try_read_cases(pack, catalogue)
    if faults:
        raise PackError(*problems(faults))
    return cases


def try_read_cases(pack: Pack, catalogue: Catalogue | None = None) -> tuple[tuple[Case, ...], tuple[Fault, ...]]:
    """Read every test of a pack as far as possible; see `read_cases`."""
    if catalogue is None:
        catalogue = CATALOGUE.with_facts(free_fact(fact.name, fact.type, many=fact.many) for fact in pack.facts)
    cases: list[Case] = []
    faults: list[Fault] = []
    seen: dict[str, Place] = {}
    for file in toml_files(pack.folder / "tests"):
        document = read_toml(file)
        checker = Checker(file, list(document.faults))
        if not document.faults:
            schema.TEST_FILE.check(document.data, (), checker)
        faults += checker.faults
        if checker.faults:
            continue
        for index, test in enumerate(document.data.get("test", ())):
            place = Place(file, ("test", index))
            if test["name"] in seen:
                where = seen[test["name"]].file.name
                message = f"another test (in {where}) has this name; give each its own"
                faults.append(Fault("PP601", message, file, (*place.path, "name")))
            seen.setdefault(test["name"], place)
            reader = _Reader(place, pack, catalogue)
            cases.append(reader.case(test))
            faults += reader.faults
    return tuple(cases), tuple(faults)


class _Reader:
    """Reads one test."""

    def __init__(self, place: Place, pack: Pack, catalogue: Catalogue) -> None:
        self.place = place
        self.pack = pack
        self.catalogue = catalogue
        self.faults: list[Fault] = []

    def case(self, test: Mapping[str, Any]) -> Case:
        form, shared = self.split(test.get("claim", {}), ("claim",), _CLAIM_KEYS, _PEOPLE, "a claim")
        supplied: dict[tuple[int | None, str], Any] = {(None, name): value for name, value in shared.items()}
        claim = {
            **_DEFAULTS,
            **form,
            **{who: {**_DEFAULTS.get(who, {}), **form.get(who, {})} for who in _PEOPLE if who in form},
        }
        lines = []
        for index, written in enumerate(test["lines"]):
            line, facts = self.split(written, ("lines", index), _LINE_KEYS, {}, "a line")
            line = {"number": index + 1, **self.dated(test, "lines", index), **line}
            lines.append(line)
            supplied.update({(line["number"], name): value for name, value in facts.items()})
        claim["lines"] = lines
        history = tuple(self.earlier(test, index, claim) for index in range(len(test.get("history", ()))))
        policy = test.get("policy", self.pack.id)
        return Case(
            name=test["name"],
            place=self.place,
            claim=claim,
            supplied=supplied,
            history=history,
            expect=self.expected(test.get("expect", {}), [line["number"] for line in lines]),
            policy=f"{policy}=={self.pack.version}" if policy == self.pack.id else policy,
            as_of=test.get("as_of"),
            todo=test.get("todo", ""),
        )

    def earlier(self, test: Mapping[str, Any], index: int, claim: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an earlier line: of the same patient and provider as the claim unless it says otherwise."""
        written = test["history"][index]
        path = ("history", index)
        people = {who: record for who, record in _PEOPLE.items() if who != "rendering_provider"}
        form, facts = self.split(written, path, _HISTORY_KEYS, people, "an earlier line")
        shared = {key: value for key, value in claim.items() if key not in {"id", "lines", "attestations", "documents"}}
        who = {name: {**shared.get(name, {}), **form.get(name, {})} for name in _PEOPLE if name in form}
        line = {"claim_id": f"earlier-{index + 1}", **shared, **self.dated(test, "history", index), **form, **who}
        return {**line, "facts": facts} if facts else line

    def dated(self, test: Mapping[str, Any], kind: str, index: int) -> dict[str, Any]:
        """Return the test's date for a line; a test without one needs it on every line."""
        if "service_date" not in test and "service_date" not in test[kind][index]:
            self.add("PP103", "the line has no date; write service_date on the test or on the line", (kind, index))
        return {"service_date": test["service_date"]} if "service_date" in test else {}

    def split(
        self, table: Mapping[str, Any], path: Path_, keys: Collection[str], people: Mapping[str, type], what: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Part a claim or line of a test into what its form has, and the facts that are supplied."""
        form: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        for key, value in table.items():
            here = (*path, key)
            if key == "diagnoses" and what == "a line":
                facts[key] = self.value(key, value)
            elif key in people and isinstance(value, dict):
                known = _names(people[key])
                form[key] = {name: item for name, item in value.items() if name in known}
                rest = {name: item for name, item in value.items() if name not in known}
                facts.update(self.facts(key, rest, here))
            elif key in keys and not (isinstance(value, dict) and what == "a line"):
                form[key] = [value] if key == "modifiers" and isinstance(value, str) else value
            elif isinstance(value, dict) or self.catalogue.find(key) is not None or "." in key:
                facts.update(self.facts(key, value, here))
            else:
                known_names = {*keys, *(name for name in self.catalogue.facts)}
                message = f'{what} has no "{key}", and it is no fact{nearest(key, known_names)}'
                self.add("PP603", message, here, at_key=True)
        return form, facts

    def facts(self, name: str, value: Any, path: Path_) -> dict[str, Any]:
        """Return the facts under a name; nested tables are namespaces."""
        if isinstance(value, dict):
            return {
                inner: item
                for key, nested in value.items()
                for inner, item in self.facts(f"{name}.{key}", nested, (*path, key)).items()
            }
        if self.catalogue.find(name) is None:
            hint = nearest(name, self.catalogue.facts) or "; declare it under [facts], or see `payerpack facts`"
            self.add("PP120", f'"{name}" is no fact{hint}', path, at_key=True)
        return {name: self.value(name, value)}

    def value(self, name: str, value: Any) -> Any:
        """Return a supplied value as the fact has it: typed, a list where it is one, nothing where empty; or a conflict."""
        fact = self.catalogue.find(name)
        if fact is None or value == CONFLICT:
            return value
        if fact.many and not isinstance(value, list):
            value = [value]
        if isinstance(value, list):
            items = tuple(coerce(item, fact.type) for item in value)
            return tuple(map(normalise, items)) if fact.type == "code" else items
        if value == "":
            return None
        return normalise(value) if fact.type == "code" and isinstance(value, str) else coerce(value, fact.type)

    def expected(self, table: Mapping[str, Any], numbers: Sequence[int]) -> dict[int, Expected]:
        """Return what is expected, by line number."""
        found: dict[int, Expected] = {}
        for key, value in table.items():
            path = ("expect", key)
            if not key.isdigit() or int(key) not in numbers:
                there = ", ".join(map(str, numbers))
                self.add("PP602", f"the test has no line {key}; its lines are {there}", path, at_key=True)
                continue
            checker = Checker(self.place.file)
            found[int(key)] = read_expected(value, (*self.place.path, *path), checker)
            self.faults += checker.faults
        return found

    def add(self, code: str, message: str, path: Path_, *, at_key: bool = False) -> None:
        file, base = self.place.file, self.place.path
        self.faults.append(Fault(code, message, file, (*base, *path), "key" if at_key else "value"))
