"""Writes into the reference what the code knows: commands, hooks, facts, keys of a pack, error codes, public names.

A page holds ``<!-- begin: NAME -->`` and ``<!-- end -->``; what stands between them is made here, the rest is written by
hand. ``python docs/_tools/generate.py`` brings every page up to date; a test fails when one is not.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
_PART: Final = re.compile(r"(<!-- begin: (?P<name>[^\n]+?) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(text: str) -> str:
    """Return text as inline code, or nothing for nothing."""
    return f"`{text}`" if text else ""


# -- the command


def commands() -> str:
    """Return every command with its arguments and an example, from the parsers that read them."""
    from payerpack import cli

    parts = []
    for name in cli._COMMANDS:  # noqa: SLF001 - the list of commands has one home
        root = cli._parser([name])  # noqa: SLF001 - the parser as the command builds it
        parts += _command(_children(root)[name])
    return "\n".join(parts)


def _children(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            found: Mapping[str, argparse.ArgumentParser] = action.choices
            return found
    return {}


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    children = _children(parser)
    level = "##" if len(parser.prog.split()) < 3 else "###"  # noqa: PLR2004 - payerpack pack test
    yield f"{level} `{parser.prog}`\n\n{parser.description or ''}\n"
    if children:
        for child in children.values():
            yield from _command(child)
        return
    actions = [action for action in parser._actions if "--help" not in action.option_strings]  # noqa: SLF001 - the same
    positional = [action for action in actions if not action.option_strings]
    words = [parser.prog, "[OPTIONS]", *(_usage(action) for action in positional)]
    yield f"```text\n{' '.join(words)}\n```\n"
    rows = [
        (code(_name(action)), action.help or "") for action in (*positional, *(a for a in actions if a.option_strings))
    ]
    yield table(("Argument", "Meaning"), rows)
    if parser.epilog:
        example = parser.epilog.removeprefix("example:\n")
        yield f"Example:\n\n```text\n{inspect.cleandoc(example)}\n```\n"


def _usage(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest.upper())
    return {"+": f"{name} [{name} ...]", "?": f"[{name}]", "*": f"[{name} ...]"}.get(str(action.nargs), name)


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar or action.dest)
    value = "" if action.nargs == 0 else action.metavar or "{" + ",".join(map(str, action.choices or ())) + "}"
    return f"{', '.join(action.option_strings)} {value}".strip()


# -- docstrings

_SECTION: Final = re.compile(r"^(Args|Returns|Raises|Yields|Attributes|Source|Example):\n", re.MULTILINE)


def docstring(thing: Any) -> str:
    """Return a docstring in Google's style as Markdown."""
    text = inspect.cleandoc(thing.__doc__ or "")
    pieces = _SECTION.split(text)
    parts = [_prose(pieces[0])]
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        parts.append(_section(name, inspect.cleandoc(f"\n{body}")))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _prose(text: str) -> str:
    text = re.sub(r"``(.+?)``", r"`\1`", text)
    return re.sub(r"(?<!`)`([\w.]+)`(?!`)", r"`\1`", text)


def _section(name: str, body: str) -> str:
    if name == "Example":
        body = body.replace("\\\\", "\\")
        return f"Example:\n\n```python\n>>> from payerpack import Finding, Format, hookimpl\n{body}\n```"
    if name in {"Args", "Attributes", "Raises"}:
        title = {"Args": "Arguments", "Attributes": "Attributes", "Raises": "Raises"}[name]
        entries = re.findall(r"^([\w, .*]+?): (.*?)(?=^\S|\Z)", body + "\n", re.MULTILINE | re.DOTALL)
        items = "".join(f"- `{what}`: {_prose(' '.join(text.split()))}\n" for what, text in entries)
        return f"**{title}**\n\n{items}"
    return f"**{name}**: {_prose(' '.join(body.split()))}"


# -- hooks


def heading(function: Callable[..., Any]) -> str:
    """Return a hook as its heading has it: its name and arguments."""
    return f"{function.__name__}({', '.join(inspect.signature(function).parameters)})"


def hooks() -> str:
    """Return every hook in the order of a review."""
    from payerpack import hookspecs

    parts = []
    for name in hookspecs.HOOKS:
        function = getattr(hookspecs, name)
        parts.append(f"## `{heading(function)}`\n\n{docstring(function)}")
    return "\n".join(parts)


# -- facts


def facts() -> str:
    """Return the catalogue, a table per group."""
    from payerpack.facts import CATALOGUE

    groups: dict[str, list[Sequence[str]]] = {}
    for fact in CATALOGUE.facts.values():
        head, dot, _ = fact.name.partition(".")
        meaning = fact.meaning + (f": {', '.join(map(code, fact.values))}" if fact.values else "")
        kind = f"list of {fact.type}" if fact.many else fact.type
        row = (
            code(fact.name),
            f"{kind} ({fact.unit})" if fact.unit else kind,
            meaning,
            "" if fact.always_known else "yes",
        )
        groups.setdefault(f"`{head}.*`" if dot else "The line", []).append(row)
    header = ("Fact", "Type", "Meaning", "May be unknown")
    return "\n".join(f"## {title}\n\n{table(header, rows)}" for title, rows in groups.items())


# -- the pack language


def records() -> Mapping[str, Any]:
    """Return every table of the language by the name that the reference uses."""
    from payerpack.packs import clause_shapes, expectations, facts_tables, schema
    from payerpack.packs.shapes import Record

    sets = schema.CODES.item
    return {
        "pack.toml": schema.PACK_FILE,
        "[pack]": schema.PACK,
        "[[rule]]": schema.RULE,
        "effective": clause_shapes.EFFECTIVE,
        "line": Record("a line", (*facts_tables.LINE_KEYS, clause_shapes._PAIRS)),  # noqa: SLF001 - a key of two clauses
        "conflicts_with": _own(clause_shapes.CONFLICTS, clause_shapes.NEEDS),
        "pairs": clause_shapes.PAIRS,
        "limit": clause_shapes.LIMIT,
        "combine": clause_shapes.COMBINE,
        "n_of": clause_shapes.COMBINE.by_name["n_of"].shape,
        "then": clause_shapes.THEN,
        "source": clause_shapes.SOURCE,
        "lookup": clause_shapes.LOOKUP,
        "[[override]]": schema.OVERRIDE,
        "[codes] table": next(option for option in sets.options if isinstance(option, Record)),
        "[facts]": schema.FACT,
        "[[test]]": schema.TEST,
        "expect": expectations.EXPECTED,
    }


def _own(facts: Any, less: Any) -> Any:
    """Return the keys that one kind of line has and the other has not."""
    from payerpack.packs.shapes import Record

    return Record(facts.line.name, tuple(key for key in facts.line.keys if key.name not in less.line.by_name))


def keys(name: str) -> str:
    """Return the keys of a table of the language, or of a deployment's settings."""
    from payerpack.settings_file import SHAPE

    others = {"payerpack.toml": SHAPE, "[plugins]": SHAPE.by_name["plugins"].shape}
    record = others.get(name) or records()[name]
    rows = [
        (
            code(key.name) + (" (required)" if key.required else ""),
            _words(key.shape),
            key.doc,
            code(key.example),
        )
        for key in record.keys
    ]
    return table(("Key", "Value", "Meaning", "Example"), rows)


def _words(shape: Any) -> str:
    """Return what a value must be; what has a table of its own here is named, not repeated."""
    from payerpack.packs.facts_tables import Facts
    from payerpack.packs.shapes import Either, Many, Names, Record

    if isinstance(shape, Record):
        return "a table"
    if isinstance(shape, Facts):
        return "a table of facts" if shape.line is None else "a line"
    if isinstance(shape, Many):
        told = {"a table": "a list of tables", "a table of facts": "a list of tables of facts"}
        return told.get(_words(shape.item)) or str(shape.words)
    if isinstance(shape, Names):
        return shape.words
    if isinstance(shape, Either):
        return ", or ".join(dict.fromkeys(map(_words, shape.options)))
    return str(shape.words)


# -- errors


def diagnostics() -> str:
    """Return every code of a pack's faults, with one example."""
    from payerpack.packs.diagnostics import CODES
    from payerpack.packs.lint import ADVICE

    said: dict[str, str] = {}
    for file in sorted((ROOT / "tests" / "golden" / "bad-packs").glob("*/expect.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            match = re.match(r"\S+ (PP\d+) (.*)", line)
            if match:
                said.setdefault(match[1], match[2])
    rows = [(code(number), name.replace("-", " "), _verbatim(said.get(number, ""))) for number, name in CODES.items()]
    advice = [(code(number), name.replace("-", " ")) for number, name in ADVICE.items()]
    return f"{table(('Code', 'Fault', 'Example'), rows)}\nAdvice of `payerpack pack lint`:\n\n{table(('Code', 'Advice'), advice)}"


def _verbatim(text: str) -> str:
    return f"`` {text} ``" if "`" in text else code(text)


# -- payers


def scenarios() -> str:
    """Return what each policy makes of each of the five claims, from the data that the golden tests prove."""
    import tomli

    data = tomli.loads((ROOT / "tests" / "golden" / "payers" / "outcomes.toml").read_text(encoding="utf-8"))
    claims = list(data["policy"][0]["expect"])
    rows = []
    for policy in data["policy"]:
        found = [policy["expect"][claim] for claim in claims]
        cells = ["<br>".join(f"line {line}: {_decided(told)}" for line, told in lines.items()) for lines in found]
        rows.append((f"`{policy['id']}` {policy['version']}", *cells))
    return table(("Policy", *(claim.replace("-", " ") for claim in claims)), rows)


def positions() -> str:
    """Return what each policy makes of each claim of the positions, from the data that the golden tests prove."""
    import tomli

    folder = ROOT / "tests" / "golden" / "payers"
    claims = tomli.loads((folder / "positions.toml").read_text(encoding="utf-8"))["claim"]
    return table(
        ("Claim", "What becomes of the rendering"),
        [(claim["name"], "<br>".join(_cells(claim["cells"]))) for claim in claims],
    )


def _cells(cells: dict[str, str]) -> Iterator[str]:
    """Yield what policies make of a claim, those that say the same together; the others last."""
    alike: dict[str, list[str]] = {}
    for policy, told in cells.items():
        alike.setdefault(told, []).append(policy)
    for told, policies in sorted(alike.items(), key=lambda one: one[0] == cells["others"]):
        decided, _, monitored = told.partition("; monitored: ")
        action, _, rest = decided.partition(" ")
        rule, _, cure = rest.partition(" ")
        text = f"{action} (`{rule}`{f'; cure: {cure}' if cure else ''})" if rule else action
        names = ", ".join(name if name == "others" else f"`{name}`" for name in policies)
        yield f"{names}: {text}{f'; {monitored} (monitored)' if monitored else ''}"


def _decided(told: str) -> str:
    action, _, rule = told.partition(" ")
    return f"{action} ({rule.partition(':')[2]})"


# -- public names


def public(kind: str) -> str:
    """Return the public names of one kind: ``classes`` or ``errors``."""
    import payerpack

    level = "##" if kind == "classes" else "###"
    parts = []
    for name in payerpack.__all__:
        thing = getattr(payerpack, name)
        if not inspect.isclass(thing) or issubclass(thing, Exception) is not (kind == "errors"):
            continue
        parts.append(f"{level} `{name}`\n\n{docstring(thing)}")
        parts += _methods(thing, f"{level}#")
    return "\n".join(parts)


def _methods(thing: type, level: str) -> Iterator[str]:
    for name, member in vars(thing).items():
        if name.startswith("_") or not (inspect.isfunction(member) or isinstance(member, property)):
            continue
        if isinstance(member, property):
            yield f"{level} `{thing.__name__}.{name}`\n\n{docstring(member)}"
        elif member.__doc__:
            arguments = ", ".join(list(inspect.signature(member).parameters)[1:])
            yield f"{level} `{thing.__name__}.{name}({arguments})`\n\n{docstring(member)}"


MAKERS: Final[Mapping[str, Callable[..., str]]] = {
    "commands": commands,
    "hooks": hooks,
    "facts": facts,
    "keys": keys,
    "diagnostics": diagnostics,
    "public": public,
    "positions": positions,
    "scenarios": scenarios,
}


def current(text: str) -> str:
    """Return a page with everything between its marks made anew."""

    def make(match: re.Match[str]) -> str:
        name, _, argument = match["name"].partition(" ")
        made = MAKERS[name](argument) if argument else MAKERS[name]()
        return f"{match[1]}\n{made.strip()}\n\n{match[4]}"

    return _PART.sub(make, text)


def pages() -> list[Path]:
    """Return the pages that hold something made here."""
    return [page for page in sorted(DOCS.rglob("*.md")) if "<!-- begin: " in page.read_text(encoding="utf-8")]


if __name__ == "__main__":
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = current(before)
        if before != after:
            page.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)} brought up to date\n")
