"""What an edition says of a code or of a pair, as plain data for a person or a program to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import datetime as dt

    from payerpack.baseline.editions.edition import Edition
    from payerpack.baseline.editions.records import PtpRow


def describe_code(edition: Edition, code: str, code2: str | None = None, date: dt.date | None = None) -> dict[str, Any]:
    """Return everything the edition says of a code, and of its pair with a second one.

    Args:
        edition: The edition to ask.
        code: A procedure code or modifier.
        code2: Another code: adds ``pair``, with the windows of both orders.
        date: The service date; None asks for the last day that the PTP edits (else any table) cover.

    Returns:
        Plain data: ``edition``, ``code``, ``date``, ``held``, ``valid``, then ``mue``, ``add_on``, ``pfs``, ``hcpcs``
        and ``ptp`` where the edition has such tables. Dates are ISO text; ``exact`` and ``covered`` say whether the
        table is the one of that day.
    """
    day = date or _last_day(edition)
    modifier = len(code) == 2  # noqa: PLR2004 - what tells a modifier from a code
    found: dict[str, Any] = {
        "edition": {
            "id": edition.id,
            "label": edition.label,
            "partial": edition.partial,
            "path": str(edition.path) if edition.path else None,
        },
        "code": code,
        "date": day.isoformat(),
        "held": edition.holds(code),
        "valid": edition.modifier_valid(code, day) if modifier else edition.code_valid(code, day),
        "mue": _mue(edition, code, day),
        "add_on": _add_on(edition, code, day),
        "pfs": _pfs(edition, code, day),
        "hcpcs": _hcpcs(edition, code, day),
        "ptp": _ptp(edition, code, day),
    }
    if code2 is not None:
        found["code2"] = code2
        found["pair"] = _pair(edition, code, code2, day)
    return found


def _last_day(edition: Edition) -> dt.date:
    tables = edition.tables("ptp") or edition.manifest.tables
    return max(table.last for table in tables)


def _title(program: str, setting: str) -> str:
    return f"{program} {setting}"


def _mue(edition: Edition, code: str, day: dt.date) -> dict[str, Any]:
    found = {}
    for program, setting in dict.fromkeys((entry.program, entry.setting) for entry in edition.tables("mue")):
        table = edition.mue_nearest(setting, day, program)
        if table is not None:
            mue = table.get(code)
            facts = {"value": mue.value, "mai": mue.mai, "rationale": mue.rationale} if mue else {"value": None}
            found[_title(program, setting)] = {"label": table.label, "exact": table.exact, **facts}
    return found


def _add_on(edition: Edition, code: str, day: dt.date) -> dict[str, Any] | None:
    table = edition.add_on
    if table is None:
        return None
    facts: dict[str, Any] = {"label": table.label, "covered": table.covers(day), "type": None}
    add_on = table.get(code)
    if add_on is not None and add_on.in_force(day):
        facts["type"] = add_on.type
        facts["primaries"] = sorted(add_on.primaries(day))
        facts["contractor_defined"] = add_on.contractor_defined(day)
    return facts


def _pfs(edition: Edition, code: str, day: dt.date) -> dict[str, Any] | None:
    table = edition.pfs(day)
    if table is None:
        return None
    rows = []
    for row in table.rows(code):
        facts = attrs.asdict(row)
        del facts["code"], facts["work_rvu_hundredths"]
        rows.append({**facts, "work_rvu": str(row.work_rvu)})
    return {"label": table.label, "exact": table.exact, "rows": rows}


def _hcpcs(edition: Edition, code: str, day: dt.date) -> dict[str, Any] | None:
    table = edition.hcpcs
    if table is None:
        return None
    facts: dict[str, Any] = {"label": table.label, "covered": table.covers(day)}
    row = table.get(code)
    if row is not None:
        facts["added"] = row.added.isoformat() if row.added else None
        facts["terminated"] = row.terminated.isoformat() if row.terminated else None
        facts["coverage"] = row.coverage
    return facts


def _ptp(edition: Edition, code: str, day: dt.date) -> dict[str, Any]:
    found = {}
    for entry in edition.tables("ptp"):
        table = edition.ptp(entry.setting, entry.program)
        if table is not None:
            now, ever = table.count(code, day), table.count(code)
            found[_title(entry.program, entry.setting)] = {
                "label": table.label(day),
                "covered": table.covers(day),
                "in_force": {"column1": now[0], "column2": now[1]},
                "ever": {"column1": ever[0], "column2": ever[1]},
            }
    return found


def _pair(edition: Edition, code: str, code2: str, day: dt.date) -> dict[str, Any]:
    found = {}
    for entry in edition.tables("ptp"):
        table = edition.ptp(entry.setting, entry.program)
        if table is not None:
            windows = (*table.windows(code, code2), *table.windows(code2, code))
            found[_title(entry.program, entry.setting)] = {
                "label": table.label(day),
                "covered": table.covers(day),
                "windows": [_window(row, day) for row in windows],
            }
    return found


def _window(row: PtpRow, day: dt.date) -> dict[str, Any]:
    return {
        "column1": row.column1,
        "column2": row.column2,
        "effective": row.effective.isoformat(),
        "deletion": row.deletion.isoformat() if row.deletion else None,
        "indicator": row.indicator,
        "rationale": row.rationale,
        "in_force": row.in_force(day),
    }
