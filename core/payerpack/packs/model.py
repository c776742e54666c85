"""The pack language as records: a pack as read, and a policy as resolved from a chain of packs.

The road of a pack: ``load`` reads and checks one folder (`Pack`), ``layers`` folds a chain of packs and their
overrides into one `ResolvedPolicy`, ``compile`` turns that into closures. Trees stay plain TOML data (dicts, lists,
strings, numbers, dates) until they are compiled, so that an override can set any key and a diagnostic can point at it.

Records that only the core sees, here and in its other packages, have no repr: attrs writes each when its class is made,
together a tenth of the time to a first answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from payerpack.codes import CodeSet
from payerpack.dates import ALWAYS, DateRange
from payerpack.finding import Source

Path_ = tuple[str | int, ...]
"""Where a value stands in a TOML file: keys and list positions, such as ``("rule", 0, "when", "code")``."""

PackStatus = Literal["draft", "monitor", "active", "suspended", "retired"]
STATUSES: Final = ("draft", "monitor", "active", "suspended", "retired")


@attrs.frozen(slots=True)
class Fault:
    """Something wrong in a pack, before it has a line and a column.

    Attributes:
        code: A stable code such as ``PP101``; see ``packs/diagnostics.py``.
        message: What is wrong, why, and what to write instead; one sentence.
        file: The file it is in.
        path: Where in the file; the position is looked up only when somebody reads the problem.
        at: Whether the caret belongs under the key or the value.
        within: The part of a string value that is meant, such as ``@bse-imaging``.
        position: Line and column, where they are known without looking (syntax errors, tables).
    """

    code: str
    message: str
    file: Path
    path: Path_ = ()
    at: Literal["key", "value"] = "value"
    within: str = ""
    position: tuple[int, int] | None = None


@attrs.frozen(slots=True)
class Place:
    """A file and a position in it."""

    file: Path
    path: Path_


@attrs.frozen(slots=True, eq=False, repr=False)
class Table:
    """A CSV table of a pack: its columns and rows as text, in file order; ``lines`` are the rows' line numbers."""

    file: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...] = ()

    def column(self, name: str) -> int:
        """Return the position of a column.

        Raises:
            ValueError: The table has no such column.
        """
        return self.columns.index(name)


@attrs.frozen(slots=True)
class FactType:
    """A fact that a pack declares under ``[facts]``."""

    name: str
    type: Literal["text", "code", "number", "money", "date", "flag"]
    many: bool = False
    values: tuple[str, ...] = ()
    meaning: str = ""


@attrs.frozen(slots=True, eq=False)
class Pack:
    """One pack as read from its folder; its shape is checked, its references are not resolved.

    Attributes:
        id: Its id, stable for ever.
        version: Its version; compared as PEP 440 compares.
        status: See `PackStatus`.
        folder: Its folder.
        digest: SHA-256 of every file that counts (``pack.toml``, further TOML files, tables), whatever their order.
        extends: ``(parent id, version specifier)``, or ``None``.
        optional_parent: Whether the pack can do without its parent where that is not installed.
        plugins: Requirements such as ``payerpack-example >=1,<2``, in the order written.
        applies_to: Claim facts and matchers, as written; empty for a library.
        effective: Dates that bound every rule of the pack, on each rule's own clock.
        known_from: When this version became known (``published``); absent: always known.
        sets: ``[codes]`` as written, by name.
        set_places: Where each code set is written.
        facts: What ``[facts]`` declares.
        rules: ``[[rule]]`` tables as written, each with the file and position it came from.
        overrides: ``[[override]]`` tables as written, with their place.
        settings: Settings for plugins, by plugin name.
        tables: The CSV tables of the pack, by file.
        distribution: The distribution and version that installed it, or empty for a folder given by hand.
    """

    id: str
    version: str
    status: PackStatus
    folder: Path
    digest: str
    title: str = ""
    extends: tuple[str, str] | None = None
    optional_parent: bool = False
    plugins: tuple[str, ...] = ()
    applies_to: Mapping[str, Any] = attrs.field(factory=dict)
    effective: DateRange = ALWAYS
    known_from: dt.date | None = None
    sets: Mapping[str, Any] = attrs.field(factory=dict)
    set_places: Mapping[str, Place] = attrs.field(factory=dict)
    facts: tuple[FactType, ...] = ()
    rules: tuple[tuple[Mapping[str, Any], Place], ...] = ()
    overrides: tuple[tuple[Mapping[str, Any], Place], ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    tables: Mapping[Path, Table] = attrs.field(factory=dict)
    distribution: str = ""

    @property
    def name(self) -> str:
        """The id and version, as messages say them."""
        return f"{self.id} {self.version}"


@attrs.frozen(slots=True, eq=False, repr=False)
class RuleInChain:
    """A rule of the chain as its own pack wrote it."""

    pack: Pack
    depth: int
    data: Mapping[str, Any]
    place: Place


@attrs.frozen(slots=True, repr=False)
class Scope:
    """When an override holds: its dates (on the rule's own clock), its reason and where it is written."""

    pack: str
    reason: str
    effective: DateRange
    place: Place
    source: Source | None = None


@attrs.frozen(slots=True, repr=False)
class ExceptionCase:
    """An ``except`` of an override: the rule does not fire on a line that these facts describe."""

    facts: Mapping[str, Any]
    scope: Scope


@attrs.frozen(slots=True, eq=False, repr=False)
class ResolvedRule:
    """A rule after every layer has spoken; dated overrides give it more than one variant.

    Attributes:
        id: ``pack-id:rule-id``.
        pack: The id of the pack that wrote it.
        depth: 0 for the payer's own pack, 1 for its parent, and so on.
        data: The rule's tree after ``set``, ``add`` and ``remove``.
        variants: Other trees that hold inside the dates of dated overrides, with those dates; the first match wins.
        exceptions: Every ``except`` of every layer.
        disabled: The scopes of the overrides that disable it; always, or inside their dates.
        monitored: Its own or its pack's status is ``monitor``.
        origins: Where each changed key came from; what is not listed is the rule's own place.
        place: Where the rule is written.
        sets: The code sets it may refer to by ``@name``, its own pack's first; also as ``@pack-id:name``.
    """

    id: str
    pack: str
    depth: int
    data: Mapping[str, Any]
    place: Place
    sets: Mapping[str, CodeSet]
    folder: Path
    variants: tuple[tuple[DateRange, Mapping[str, Any]], ...] = ()
    exceptions: tuple[ExceptionCase, ...] = ()
    disabled: tuple[Scope, ...] = ()
    monitored: bool = False
    origins: Mapping[Path_, Place] = attrs.field(factory=dict)
    overridden_by: tuple[Scope, ...] = ()

    def locate(self, path: Path_) -> Place:
        """Return the file and position of a key of this rule, after overrides."""
        for length in range(len(path), 0, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                return Place(origin.file, origin.path + path[length:])
        return Place(self.place.file, self.place.path + path)


@attrs.frozen(slots=True, eq=False, repr=False)
class ResolvedPolicy:
    """A chain of packs folded into one: what reviews a claim.

    Attributes:
        pack: The pack that gives the policy its id: the nearest to the payer.
        chain: That pack, its parent, and so on.
        rules: Every rule of the chain that may act, in the order of their ids.
        tables: The CSV tables that rules refer to, by file.
        facts: The facts that the chain declares, the nearest pack's declaration winning.
    """

    pack: Pack
    chain: tuple[Pack, ...]
    rules: tuple[ResolvedRule, ...]
    tables: Mapping[Path, Table] = attrs.field(factory=dict)
    facts: tuple[FactType, ...] = ()

    @property
    def id(self) -> str:
        """The policy's id: that of its nearest pack."""
        return self.pack.id

    @property
    def versions(self) -> Mapping[str, str]:
        """The id and version of every pack of the chain."""
        return {pack.id: pack.version for pack in self.chain}
