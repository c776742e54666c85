"""A fact: its name, type and meaning, how it is read, and the three values it may have.

A fact is read for one line of one claim and is known, known to be empty (``None`` or ``()``), or `UNKNOWN`. Two sources
that disagree make `CONFLICT`, which every matcher but ``"conflict"`` takes for unknown.
"""

from __future__ import annotations

import datetime as dt
import difflib
import enum
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from payerpack.claim import ServiceLine

if TYPE_CHECKING:
    from payerpack.context import Context

FactKind = Literal["text", "code", "number", "money", "date", "flag"]


class _Unknown(enum.Enum):
    """The one value that says nobody told us."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "unknown"

    def __bool__(self) -> bool:
        raise TypeError("an unknown fact is neither true nor false; compare it with `is UNKNOWN`")


UNKNOWN: Final = _Unknown.UNKNOWN
CONFLICT: Final = "conflict"
Read = Callable[[ServiceLine, "Context"], Any]
_ABSENT: Final = object()


@attrs.frozen(slots=True)
class Fact:
    """One fact of the catalogue.

    Attributes:
        name: Its name in packs; bare for a line's fact, dotted for others.
        type: ``text``, ``code``, ``number``, ``money`` (US dollars), ``date`` or ``flag`` (true or false).
        read: Reads it for a line; `UNKNOWN` when nobody supplied it.
        meaning: What it says, in a sentence.
        many: Whether it is a list.
        unit: The unit of a number.
        source: Where its value comes from.
        values: The values it may have, where they are a closed list.
        always_known: Whether a claim always carries it, if only as empty.
        identifying: Whether it could identify a patient; such a fact never appears in a finding.
        attribute: The attribute of the service line that it is, where it is no more than that.
        claim_attribute: The same of the claim; a test may state it otherwise (``context.given``).
    """

    name: str
    type: FactKind
    read: Read = attrs.field(repr=False, eq=False)
    meaning: str = ""
    many: bool = False
    unit: str = ""
    source: str = "claim"
    values: tuple[str, ...] = ()
    always_known: bool = False
    identifying: bool = False
    attribute: str = ""
    claim_attribute: str = ""


def agree(one: Any, other: Any) -> bool:
    """Say whether two sources state the same; lists do when they have the same elements, in whatever order."""
    if one == other:
        return True
    if not (isinstance(one, (tuple, list)) and isinstance(other, (tuple, list))):
        return False
    return all(item in other for item in one) and all(item in one for item in other)


def supplied_first(name: str, read: Read) -> Read:
    """Return a reader that takes what plugins, attestations or a test supplied for the line before it reads on."""
    everywhere = (None, name)

    def read_supplied_first(line: ServiceLine, context: Context) -> Any:
        supplied = context.supplied
        if supplied:
            value = supplied.get((line.number, name), _ABSENT)
            if value is _ABSENT:
                value = supplied.get(everywhere, _ABSENT)
            if value is not _ABSENT:
                return value
        return read(line, context)

    return read_supplied_first


def given_first(name: str, read: Read) -> Read:
    """Return a reader of what a claim form always carries: only a test or a history source states it otherwise."""

    def read_given_first(line: ServiceLine, context: Context) -> Any:
        given = context.given
        if given:
            if (line.number, name) in given:
                return given[line.number, name]
            if (None, name) in given:
                return given[None, name]
        return read(line, context)

    return read_given_first


def own_first(name: str, read: Read) -> Read:
    """Return a reader of what most claims carry: plugins are asked only when the claim does not say."""
    stated = supplied_first(name, read)

    def read_own_first(line: ServiceLine, context: Context) -> Any:
        if not context.given:
            value = read(line, context)
            if value is not UNKNOWN:
                return value
        return stated(line, context)

    return read_own_first


OPEN_PREFIXES: Final = ("claim.contract.", "coverage.")
"""Free facts: whatever a claim's ``contract`` and ``coverage`` hold; the matcher says what type is expected."""
_OPEN_FIELDS: Final = {"claim.contract.": "contract", "coverage.": "coverage"}


def _lookup(tree: Mapping[str, Any], name: str) -> Any:
    """Return ``tree["a.b"]`` or ``tree["a"]["b"]``, `UNKNOWN` when there is neither."""
    if name in tree:
        return tree[name]
    head, _, rest = name.partition(".")
    inner = tree.get(head, UNKNOWN)
    if not rest:
        return inner
    return _lookup(inner, rest) if isinstance(inner, Mapping) else UNKNOWN


def coerce(value: Any, kind: FactKind) -> Any:
    """Return a free value as its type has it: ISO text as a date, numbers as decimals; unknown when it is neither."""
    if isinstance(value, (list, tuple)):
        return tuple(coerce(item, kind) for item in value)
    try:
        if kind == "date" and isinstance(value, str):
            return dt.date.fromisoformat(value)
        if kind in {"number", "money"} and isinstance(value, (str, float)):
            return Decimal(str(value))
    except (ValueError, ArithmeticError):
        return UNKNOWN
    return value


def free_fact(name: str, kind: FactKind = "text", *, many: bool = False, meaning: str = "") -> Fact:
    """Return a fact of a claim's ``contract``, ``coverage`` or ``attributes``; unknown where the claim has none."""
    field, key = next(
        ((_OPEN_FIELDS[prefix], name.removeprefix(prefix)) for prefix in OPEN_PREFIXES if name.startswith(prefix)),
        ("attributes", name),
    )

    def read(_line: ServiceLine, context: Context) -> Any:
        return coerce(_lookup(getattr(context.claim, field), key), kind)

    return Fact(name, kind, supplied_first(name, read), meaning or f"What the claim's {field} say", many, source=field)


@attrs.frozen(slots=True)
class Catalogue:
    """Facts by name: those of the core, and those that packs and plugins declare."""

    facts: Mapping[str, Fact]

    def find(self, name: str) -> Fact | None:
        """Return the fact of that name; a free fact of contract or coverage needs no declaration."""
        fact = self.facts.get(name)
        if fact is None and name.startswith(OPEN_PREFIXES) and not name.endswith("."):
            return free_fact(name)
        return fact

    def nearest(self, name: str) -> str:
        """Return the known name that looks most like this one, or an empty string."""
        return next(iter(difflib.get_close_matches(name, self.facts, n=1, cutoff=0.6)), "")

    def with_facts(self, facts: Iterable[Fact]) -> Catalogue:
        """Return a catalogue that also has these facts; the later one of a name wins."""
        more = {fact.name: fact for fact in facts}
        return Catalogue({**self.facts, **more}) if more else self
