"""Builders: claims in shorthand, earlier lines, findings, plugins, and engines that see only what they are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from payerpack import __version__
from payerpack.claim import Claim, HistoryLine
from payerpack.engine import Engine
from payerpack.finding import Action, Finding, Stage
from payerpack.formats.structure import structure_claim, structure_history
from payerpack.packs.discovery import shipped_folder
from payerpack.plugins.catalog import PLUGINS, Catalog, Installed
from payerpack.plugins.use import PluginUse
from payerpack.testing.shorthand import read_lines

if TYPE_CHECKING:
    import os

    from payerpack.context import HistorySource

DATE: Final = "2024-08-15"
"""The service date of a claim that gives none; the starter edition covers it."""
_DEFAULTS: Final[Mapping[str, Any]] = {
    "id": "C-1",
    "type": "professional",
    "payer": {"id": "TEST"},
    "patient": {"id": "P-1"},
    "billing_provider": {"npi": "1234567893", "tax_id": "930000000"},
}
_IDENTITY: Final[Mapping[str, str]] = {
    "payer": "id",
    "patient": "id",
    **dict.fromkeys(("billing_provider", "rendering_provider", "referring_provider", "facility"), "npi"),
}
"""Who may be named by a text alone, and the key that it stands for."""


def claim(text: str, lines: Mapping[int, Mapping[str, Any]] | None = None, /, **overrides: Any) -> Claim:
    """Return a claim written in shorthand; the grammar is in `payerpack.testing.shorthand`.

    Args:
        text: The lines, such as ``72192 76377-26 @2026-03-02``.
        lines: Further keys of lines, by number, such as ``{2: {"tooth": ["12"]}}``.
        overrides: Keys of the claim in the JSON shape. Keys of a person are added to the default one; a text alone
            is the person's id or NPI: ``payer="60054"``.

    Raises:
        ClaimError: The claim cannot be read; every problem of it at once.
        ValueError: The shorthand is none.
    """
    written = read_lines(text)
    numbers = {line["number"]: line for line in written}
    for number, more in (lines or {}).items():
        if number not in numbers:
            raise ValueError(f"the claim has no line {number}; it has {len(numbers)}")
        numbers[number].update(more)
    return structure_claim({**_header(overrides), "lines": [{"service_date": DATE, **line} for line in written]})


def earlier(text: str, /, **overrides: Any) -> tuple[HistoryLine, ...]:
    """Return earlier lines of the same patient, written in shorthand; paid unless ``status`` says otherwise.

    Args:
        text: The lines, such as ``76377@2025-11-02``.
        overrides: Keys of their claim, and ``status, paid_amount, processed_date, facts``; see `claim`.

    Raises:
        ClaimError: A line cannot be read.
        ValueError: The shorthand is none.
    """
    header = _header({"id": "C-0", **overrides})
    shared = {"claim_id": header.pop("id"), "status": "paid", **header}
    return tuple(structure_history({**shared, "service_date": DATE, **line}) for line in read_lines(text))


def _header(overrides: Mapping[str, Any]) -> dict[str, Any]:
    header: dict[str, Any] = {**_DEFAULTS, **overrides}
    for who, key in _IDENTITY.items():
        given = overrides.get(who)
        if given is not None:
            person = {key: given} if isinstance(given, str) else given
            header[who] = {**_DEFAULTS.get(who, {}), **person}
    return header


def finding(
    rule: str,
    action: Action = "deny",
    lines: Sequence[int] = (1,),
    message: str = "",
    *,
    stage: Stage = "bundling",
    **more: Any,
) -> Finding:
    """Return a finding; ``more`` are further fields of `payerpack.Finding`."""
    return Finding(rule, stage, action, tuple(lines), message, **more)


def plugin(name: str, held: Any, version: str = "1.0", distribution: str = "") -> Installed:
    """Return a plugin for `engine`, as if its distribution were installed.

    Args:
        name: The name of its entry point.
        held: What the entry point would refer to: a module, an instance, a class or another factory.
        version: The version of its distribution.
        distribution: The name of its distribution; absent, the plugin's own.
    """
    return Installed(name, "", PLUGINS, distribution or name, version, held=lambda: held)


def engine(
    packs: Iterable[str | os.PathLike[str]] = (),
    plugins: Iterable[Installed] = (),
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    blocked: Iterable[str] = (),
    budget: float | None = None,
    edition: Any = None,
    history: HistorySource | Iterable[HistoryLine] | str | None = None,
) -> Engine:
    """Return an engine that sees the core, and of all else only what it is given, whatever is installed.

    Args:
        packs: Folders of packs.
        plugins: Plugins that they may name; see `plugin`.
        settings: Settings by plugin.
        blocked: Names of plugins that no policy may use.
        budget: Seconds that a hook may take before its claim pends.
        edition: See `payerpack.Engine`; absent, the same as there.
        history: See `payerpack.Engine`.

    Raises:
        PackError: A folder holds no pack.
    """
    use = PluginUse(tuple(blocked), settings=settings or {}, budget=budget, catalog=Catalog((core(), *plugins)))
    return Engine([shipped_folder(), *packs], edition=edition, history=history, plugins=use, installed=False)


def core() -> Installed:
    """Return the plugin that the core brings: the CPT/NCCI baseline."""
    return Installed("payerpack-baseline", "payerpack.baseline:Baseline", PLUGINS, "payerpack", __version__)
