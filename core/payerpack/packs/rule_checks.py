"""What the shape of a pack's tables cannot say key by key: what belongs together, what excludes what, what must order."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from payerpack.dates import DateRange
from payerpack.packs.adjustment_codes import LISTED, CodeList, adjustment_codes
from payerpack.packs.faults import nearest
from payerpack.packs.model import Path_
from payerpack.packs.shapes import Checker, words
from payerpack.packs.values import date_range, is_day, split_extends
from payerpack.versions import Release, parse_requirement

CLAUSES: Final = ("require", "needs", "conflicts_with", "limit", "combine", "components", "builtin")
"""A rule has at most one of these beside ``when`` and ``unless``."""
ACTION_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "recode": ("to_code",),
    "reduce": ("percent", "of"),
    "cap": ("max_units", "max_amount"),
    "combine": ("into",),
}
"""The keys of ``then`` that belong to one action only."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SET_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_CODE_FORMS: Final[Mapping[CodeList, tuple[re.Pattern[str], str]]] = {
    "CARC": (re.compile(r"\d{1,3}|[A-Z]\d{1,2}"), '"97" or "B15"'),
    "RARC": (re.compile(r"(?:MA|M|N)\d{1,4}"), '"N19", "M15" or "MA130"'),
}
_TextFaults = Iterator[tuple[str, str, str]]


def check_id(text: str) -> _TextFaults:
    """Yield what is wrong with an id."""
    if not _ID.fullmatch(text):
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")
        hint = f', such as "{plain}"' if plain else ""
        yield "PP105", f'"{text}" is no id; write letters, digits, "-", "_" and "."{hint}', ""


def check_set_name(name: str) -> str:
    """Return what is wrong with the name of a code set, or an empty string."""
    if _SET_NAME.fullmatch(name):
        return ""
    return f'"{name}" cannot name a code set; write letters, digits, "_" and "-"'


def check_version(text: str) -> _TextFaults:
    """Yield what is wrong with a version."""
    try:
        Release(text)
    except ValueError:
        yield "PP106", f'"{text}" is no version that can be compared; write numbers and dots, such as "2026.1"', ""


def check_rule_reference(text: str) -> _TextFaults:
    """Yield what is wrong with a reference to a rule: ``pack-id:rule-id`` or a bare rule id."""
    if not all(_ID.fullmatch(part) for part in text.split(":", 1)):
        yield "PP105", f'"{text}" is no rule; write "pack-id:rule-id", such as "ncci-medicare:mue"', ""


def check_extends(text: str) -> _TextFaults:
    """Yield what is wrong with ``extends``."""
    try:
        split_extends(text)
    except ValueError:
        yield "PP107", f'"{text}" is no parent; write an id and a version range, such as "ncci-medicare >=2024.3"', ""


def check_plugin(text: str) -> _TextFaults:
    """Yield what is wrong with a plugin's name and version range."""
    try:
        parse_requirement(text)
    except ValueError:
        yield (
            "PP107",
            f'"{text}" is no plugin; write a name and a version range, such as "payerpack-example >=1,<2"',
            "",
        )


def check_retired(table: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report a retired pack or rule without a last date: it would go on judging."""
    effective = table.get("effective")
    if table.get("status") == "retired" and not (isinstance(effective, dict) and "to" in effective):
        message = (
            "what is retired still judges the dates inside effective, so say its last one: effective = { to = ... }"
        )
        into.add("PP403", message, (*path, "status"))


def check_dates_in_order(table: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report a last date before the first."""
    span = date_range(table)
    if span.start is not None and span.end is not None and span.end < span.start:
        message = f"{words(path)} ends on {span.end}, before it begins on {span.start}; exchange the two or correct one"
        into.add("PP401", message, (*path, "to"))


def check_no_overlap(entries: Sequence[Any], path: Path_, into: Checker) -> None:
    """Report values by date whose dates overlap; an open end lasts until the next value begins."""
    spans = sorted(
        ((date_range(entry), index) for index, entry in enumerate(entries) if isinstance(entry, dict)),
        key=lambda item: item[0].start or dt.date.min,
    )
    for (earlier, _), (later, index) in itertools.pairwise(spans):
        starts = later.start or dt.date.min
        if starts == (earlier.start or dt.date.min) or (earlier.end is not None and starts <= earlier.end):
            into.add(
                "PP402",
                f"{words(path)} has two values for {starts}; let one end before the other begins",
                (*path, index),
            )


def check_combine(table: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report ``combine`` with neither or both of its conditions."""
    both = [key for key in ("all_of", "n_of") if key in table]
    if len(both) != 1:
        say = (
            "has both all_of and n_of; keep one"
            if both
            else 'lacks its codes; write all_of = "@set", or n_of = { n, codes }'
        )
        into.add("PP109" if both else "PP103", f"combine {say}", path, at="key")


def check_action(then: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report keys that belong to another action than the one written, and adjustment codes that are none."""
    action = then.get("action")
    for owner, keys in ACTION_KEYS.items():
        for key in keys:
            if key in then and action != owner:
                message = f'{key} belongs to action = "{owner}", not to "{action}"; change the action or drop {key}'
                into.add("PP111", message, (*path, key), at="key")


def check_rule(rule: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report what is wrong with a rule as a whole."""
    clauses = [key for key in rule if key in CLAUSES]
    for extra in clauses[1:]:
        message = f"a rule asks one thing; it has {clauses[0]} already, so give {extra} a rule of its own"
        into.add("PP109", message, (*path, extra), at="key")
    if not clauses and "when" not in rule:
        into.add(
            "PP110", f"the rule asks nothing; write when = {{ ... }} or one of {', '.join(CLAUSES)}", path, at="key"
        )
    if "then" not in rule and "builtin" not in rule:
        into.add(
            "PP103", 'the rule lacks then; write for example then = { action = "deny", carc = "97" }', path, at="key"
        )
    if "parameters" in rule and "builtin" not in rule:
        into.add("PP111", "parameters belong to a builtin test; this rule has none", (*path, "parameters"), at="key")
    check_retired(rule, path, into)
    span = date_range(rule.get("effective"))
    for key in ("then", "on_unknown"):
        then = rule.get(key)
        if isinstance(then, dict):
            _check_action_complete(rule, then, (*path, key), into)
            check_adjustment(then, span, (*path, key), into)


def _check_action_complete(rule: Mapping[str, Any], then: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report an action without the key it cannot do without; a limit says itself how much stays, combine what comes."""
    action = then.get("action")
    wanted = {
        "recode": ("to_code",),
        "reduce": ("percent",),
        "cap": () if "limit" in rule else ("max_units", "max_amount"),
        "combine": () if "combine" in rule else ("into",),
    }.get(action if isinstance(action, str) else "", ())
    if wanted and not any(key in then for key in wanted):
        into.add("PP103", f'action = "{action}" needs {" or ".join(wanted)}', (*path, "action"))


def check_adjustment(then: Mapping[str, Any], span: DateRange, path: Path_, into: Checker) -> None:
    """Report CARCs and RARCs that are malformed, unknown or not in force, and a CARC that lacks its RARC."""
    carc, rarcs = then.get("carc"), then.get("rarc")
    if isinstance(carc, str) and carc:
        _check_code("CARC", carc, span, (*path, "carc"), into)
        known = adjustment_codes("CARC").get(carc)
        if known is not None and known.needs_rarc and not rarcs:
            into.add("PP213", f'CARC {carc} needs a remark code beside it; write rarc = ["..."]', (*path, "carc"))
    if isinstance(rarcs, list):
        for index, rarc in enumerate(rarcs):
            if isinstance(rarc, str) and rarc:
                _check_code("RARC", rarc, span, (*path, "rarc", index), into)
    if rarcs and carc is None:
        into.add("PP111", "a remark code needs a CARC beside it; write carc too", (*path, "rarc"), at="key")


def _check_code(which: CodeList, code: str, span: DateRange, path: Path_, into: Checker) -> None:
    form, example = _CODE_FORMS[which]
    if not form.fullmatch(code):
        into.add("PP210", f'"{code}" is no {which}; write one such as {example}', path)
        return
    codes = adjustment_codes(which)
    known = codes.get(code)
    if known is None:
        into.add("PP211", f"there is no {which} {code} in the code list of {LISTED}; use one that is", path)
    elif known.stop is not None and (span.end is None or span.end >= known.stop):
        message = f"{which} {code} stopped on {known.stop} and the rule goes on; use a code that is in force"
        into.add("PP212", message, path)
    elif span.end is not None and span.end < known.start:
        into.add("PP212", f"{which} {code} began on {known.start}, after the rule has ended; use an older code", path)


def check_override(override: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report an override that changes nothing, says one key twice, or ends before it begins."""
    if not any(key in override for key in ("disable", "except", "set", "add", "remove")):
        into.add("PP507", "the override changes nothing; write disable, except, set, add or remove", path, at="key")
    expires, span = override.get("expires"), date_range(override.get("effective"))
    if not is_day(expires):
        return
    if span.end is not None:
        into.add("PP109", "expires and effective.to both end the override; keep one", (*path, "expires"), at="key")
    elif span.start is not None and expires < span.start:
        message = f"the override expires on {expires}, before it begins on {span.start}; correct one of the two"
        into.add("PP401", message, (*path, "expires"))


def check_settings(file: Mapping[str, Any], path: Path_, into: Checker) -> None:
    """Report settings for a plugin that the pack does not name."""
    pack, settings = file.get("pack"), file.get("settings")
    if not isinstance(settings, dict):
        return
    named = pack.get("plugins", ()) if isinstance(pack, dict) else ()
    plugins = {_plugin_name(text) for text in named if isinstance(text, str)} if isinstance(named, list) else set()
    for name in settings:
        if name not in plugins:
            message = f'settings for "{name}", which plugins does not name{nearest(name, plugins)}'
            into.add("PP113", message, (*path, "settings", name), at="key")


def _plugin_name(text: str) -> str:
    try:
        return parse_requirement(text)[0]
    except ValueError:
        return text
