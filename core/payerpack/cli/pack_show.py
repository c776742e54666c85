"""A pack after all layers: every rule, every key, and the file and line that each comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from payerpack.cli.output import printable
from payerpack.errors import PackError, Problem
from payerpack.finding import plain
from payerpack.packs.dotted import dotted
from payerpack.packs.faults import nearest
from payerpack.packs.spans import Lines, spans
from payerpack.packs.toml import decode

if TYPE_CHECKING:
    from payerpack.dates import DateRange
    from payerpack.packs.model import Path_, Place, ResolvedPolicy, ResolvedRule, Scope
    from payerpack.packs.spans import Span


class Positions:
    """Where places stand: ``file:line:col``. Each file is scanned once."""

    def __init__(self) -> None:
        self._files: dict[Path, tuple[Lines, dict[Path_, Span]]] = {}

    def of(self, place: Place) -> str:
        """Return where a place is written; the nearest table around it when it is not written itself."""
        lines, found = self._scanned(place.file)
        line, column = 1, 1
        for length in range(len(place.path), 0, -1):
            span = found.get(place.path[:length])
            if span is not None:
                line, column = lines.position((span.key or span.value)[0])
                break
        return f"{relative(place.file)}:{line}:{column}"

    def _scanned(self, file: Path) -> tuple[Lines, dict[Path_, Span]]:
        if file not in self._files:
            try:
                text = decode(file.read_bytes())
            except (OSError, UnicodeDecodeError):
                self._files[file] = (Lines(""), {})
            else:
                self._files[file] = (Lines(text), spans(text) if file.suffix == ".toml" else {})
        return self._files[file]


def relative(file: Path) -> str:
    """Return a path relative to the current folder where it lies inside, else as it is."""
    absolute = file.resolve()
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(file)


def resolved_dict(policy: ResolvedPolicy, only: str | None = None) -> dict[str, Any]:
    """Return a policy as JSON shows it.

    Args:
        policy: The policy.
        only: The only rule to show, by its id with or without its pack's.

    Raises:
        PackError: It has no such rule.
    """
    rules = [rule for rule in policy.rules if only is None or only in {rule.id, rule.id.partition(":")[2]}]
    if only is not None and not rules:
        names = [rule.id for rule in policy.rules]
        hint = nearest(only, names) or nearest(only, [name.partition(":")[2] for name in names])
        raise PackError(Problem(policy.id, f"there is no rule {only} in it or in its parents{hint}"))
    positions = Positions()
    pack = policy.pack
    return {
        "id": pack.id,
        "version": pack.version,
        "title": pack.title,
        "status": pack.status,
        "applies_to": plain(pack.applies_to),
        "chain": [
            {
                "id": member.id,
                "version": member.version,
                "status": member.status,
                "plugins": list(member.plugins),
                "folder": str(member.folder),
                "distribution": member.distribution,
            }
            for member in policy.chain
        ],
        "rules": [_rule(rule, positions) for rule in rules],
    }


def _rule(rule: ResolvedRule, positions: Positions) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "origin": positions.of(rule.place),
        "monitored": rule.monitored,
        "keys": [
            {"key": dotted(path), "value": plain(value), "origin": positions.of(rule.locate(path))}
            for path, value in _leaves(rule.data)
        ],
        "variants": [
            {
                **_dates(dates),
                "keys": [
                    {"key": dotted(path), "value": plain(value)}
                    for path, value in _leaves(data)
                    if (path, value) not in list(_leaves(rule.data))
                ],
            }
            for dates, data in rule.variants
        ],
        "exceptions": [{"facts": plain(case.facts), **_scope(case.scope, positions)} for case in rule.exceptions],
        "disabled": [_scope(scope, positions) for scope in rule.disabled],
        "overridden_by": [_scope(scope, positions) for scope in rule.overridden_by],
    }


def _scope(scope: Scope, positions: Positions) -> dict[str, Any]:
    return {
        "pack": scope.pack,
        "reason": scope.reason,
        **_dates(scope.effective),
        "origin": positions.of(scope.place),
        "source": scope.source and scope.source.to_dict(),
    }


def _dates(dates: DateRange) -> dict[str, str | None]:
    return {
        "from": dates.start.isoformat() if dates.start else None,
        "to": dates.end.isoformat() if dates.end else None,
    }


def _leaves(tree: Mapping[str, Any], path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield every value of a rule by its path; a list of plain values is one value."""
    for key, value in tree.items():
        here = (*path, key)
        if isinstance(value, Mapping):
            yield from _leaves(value, here)
        elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
            for number, item in enumerate(value):
                yield from _leaves(item, (*here, number)) if isinstance(item, Mapping) else [((*here, number), item)]
        else:
            yield here, value


def write_resolved(shown: Mapping[str, Any], out: TextIO) -> None:
    """Write what `resolved_dict` returns: one key per line, with its origin behind it."""
    out.writelines(f"{printable(line)}\n" for line in _text(shown))


def _text(shown: Mapping[str, Any]) -> Iterator[str]:
    yield f"{shown['id']} {shown['version']} ({shown['status']}): {shown['title']}"
    if shown["applies_to"]:
        yield f"applies to: {_value(shown['applies_to'])}"
    for member in shown["chain"]:
        plugins = f", plugins {', '.join(member['plugins'])}" if member["plugins"] else ""
        yield f"layer: {member['id']} {member['version']} ({member['status']}), {member['folder']}{plugins}"
    for rule in shown["rules"]:
        yield ""
        yield f"[{rule['rule']}]{'  monitored' if rule['monitored'] else ''}  # {rule['origin']}"
        for scope in rule["disabled"]:
            yield f"disabled{_when(scope)} by {scope['pack']}: {scope['reason']}  # {scope['origin']}"
        yield from (f"{key['key']} = {_value(key['value'])}  # {key['origin']}" for key in rule["keys"])
        for variant in rule["variants"]:
            yield from (f"{key['key']} = {_value(key['value'])} {_when(variant)}" for key in variant["keys"])
        for case in rule["exceptions"]:
            yield f"except {_value(case['facts'])}{_when(case)}  # {case['origin']}: {case['reason']}"
        for scope in rule["overridden_by"]:
            yield f"overridden{_when(scope)} by {scope['pack']}: {scope['reason']}  # {scope['origin']}"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _when(dates: Mapping[str, Any]) -> str:
    if not (dates["from"] or dates["to"]):
        return ""
    return f" from {dates['from'] or 'the beginning'} to {dates['to'] or 'further notice'}"
