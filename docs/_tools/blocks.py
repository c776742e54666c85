"""Runs the code blocks of a document in order, each in the way of its language, in one folder of the document's own.

==========================  ===================================================================================
``console``                 each ``$ command`` runs in a shell on a terminal 100 columns wide; what is shown below it
                            must be what it prints, with ``...`` for any text. Exit status 1 is right where output is
                            shown (there are findings); any other failure must be shown by ``$ echo $?``.
``python``                  runs in one namespace for the document; ``>>>`` examples are compared.
``toml``                    is checked as a pack; rules or tests alone are put into a small pack first, and tests run.
``json``                    is parsed; a claim is read as one.
``{code-block}`` with       is written to that file of the document's folder, and so used by the blocks below.
``:caption: file``
``sh``                      is not run: what installs, and so needs a network, and what a console block runs. A
                            distribution that the document itself writes is put on the path of the commands below.
``text`` and the like       is not run.
==========================  ===================================================================================

``python docs/_tools/blocks.py FILES`` runs documents and writes the console output that differs into them.
"""

from __future__ import annotations

import doctest
import fcntl
import functools
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from sybil import Document, Example, Region

ROOT: Final = Path(__file__).resolve().parents[2]
COLUMNS: Final = 100
UNCHECKED: Final = frozenset({"", "text", "ebnf", "ini", "html", "mermaid", "diff", "csv", "markdown"})
_FENCE: Final = re.compile(
    r"^(?P<ticks>```+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=ticks)[ \t]*$", re.MULTILINE | re.DOTALL
)
_CAPTION: Final = re.compile(r"\A(?::[\w-]+:[^\n]*\n)+\n?")
_NEEDS: Final = re.compile(r"^% copy: (?P<source>\S+)(?: as (?P<target>\S+))?$", re.MULTILINE)
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_INSTALLS: Final = re.compile(r"^(python -m pip|pip|git|tox|python -m (tox|build|venv|twine)|cd|uv|\. |sphinx-build)\b")
_PACK: Final = 'schema = 1\n[pack]\nid = "fragment"\nversion = "1"\nextends = "ncci-medicare"\n'


class BlockError(AssertionError):
    """A block that does not do what the document says."""


class Block(NamedTuple):
    """One fenced block: its language, the file it is (or nothing), its text, and where the text stands."""

    language: str
    file: str
    source: str
    start: int
    end: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a document that may be run."""
    for match in _FENCE.finditer(text):
        info, body, start = match["info"].strip(), match["body"], match.start("body")
        file = ""
        if info.startswith("{"):
            if not info.startswith("{code-block}"):
                continue
            info = info.removeprefix("{code-block}").strip()
            options = _CAPTION.match(body)
            if options is not None:
                caption = re.search(r"^:caption: (.*)$", options[0], re.MULTILINE)
                file = caption[1].strip() if caption else ""
                body, start = body[options.end() :], start + options.end()
        yield Block(info, file, body, start, match.end("body"))


class Workspace:
    """The folder and the last exit status of one document."""

    def __init__(self, document: Path, folder: Path) -> None:
        self.document = document
        self.folder = folder
        self.status = 0
        self.site = folder.parent / "site"
        self.changes: list[tuple[Block, str]] = []
        text = document.read_text(encoding="utf-8")
        if document.parent == ROOT:  # the README speaks to somebody who stands in a clone
            for name in ("core", "plugins", "policy_packs"):
                (folder / name).symlink_to(ROOT / name)
        for match in _NEEDS.finditer(text):
            target = folder / (match["target"] or Path(match["source"]).name)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = ROOT / match["source"]
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)

    @property
    def environment(self) -> dict[str, str]:
        """What commands see: this interpreter's tools first, no settings or editions of this machine."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PAYERPACK", "PYTEST", "XDG"))
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
        home = self.folder.parent / "home"
        return {
            **kept,
            "PATH": path,
            "HOME": str(home),
            "TERM": "xterm",
            "COLUMNS": str(COLUMNS),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(self.site),
        }

    def run(self, block: Block) -> str | None:
        """Run a block; return what its text should be where that differs, for console blocks.

        Raises:
            BlockError: It does not do what it should.
        """
        if block.file:
            target = self.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.source, encoding="utf-8")
            return None
        if block.language in UNCHECKED:
            return None
        run = _RUNNERS.get(block.language)
        if run is None:
            raise BlockError(f"no block may be {block.language!r}; use one of {', '.join(sorted(_RUNNERS))}, text")
        return run(self, block)

    def shell(self, command: str) -> str:
        """Run a command on a terminal and return what it prints, without colours."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        line = f"(exit {self.status}); {command}"
        with subprocess.Popen(  # noqa: S603 - the documents are ours
            ["bash", "-c", line],  # noqa: S607 - the first on the path, as a reader's would be
            cwd=self.folder,
            env=self.environment,
            stdin=follower,
            stdout=follower,
            stderr=follower,
        ) as process:
            os.close(follower)
            printed = b"".join(_read(leader))
        os.close(leader)
        self.status = process.returncode
        text = _ANSI.sub("", printed.decode()).replace("\r\n", "\n")
        text = re.sub(r"^.*(?:\r|━[^\n]*\n)", "", text, flags=re.MULTILINE)  # progress bars that have gone
        return "".join(f"{line.rstrip()}\n" for line in text.rstrip().splitlines())


def _read(leader: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # how a terminal ends
            return
        if not chunk:
            return
        yield chunk


def _console(workspace: Workspace, block: Block) -> str | None:
    made = []
    differs = ""
    transcript = list(_commands(block.source))
    for number, (command, shown) in enumerate(transcript):
        printed = workspace.shell(command.replace("\\\n", " "))
        following = transcript[number + 1][0] if number + 1 < len(transcript) else ""
        if workspace.status > bool(shown) and not following.startswith("echo $?"):
            raise BlockError(f"$ {command}\nexit status {workspace.status}, and nothing says so:\n{printed}")
        same = not shown or matches(shown, printed)
        if not same and not differs:
            differs = f"$ {command}\nprints\n{printed}\nwhere the document shows\n{shown}"
        made.append(f"$ {command}\n{shown if same else printed}")
    if differs:
        text = "".join(made)
        if "..." in block.source:
            raise BlockError(differs)
        return text
    return None


def _commands(source: str) -> Iterator[tuple[str, str]]:
    """Yield every command of a console block, and what is shown below it."""
    for part in re.split(r"^\$ ", source, flags=re.MULTILINE)[1:]:
        match = re.match(r"(?:[^\n]*\\\n)*[^\n]*\n?", part)
        assert match is not None
        yield match[0].rstrip("\n"), part[match.end() :]


def matches(shown: str, printed: str) -> bool:
    """Say whether a text is what is shown; ``...`` stands for any text, and a long line may be shown broken up."""
    if printed.count("\n") == 1:
        shown, printed = shown.replace("\n", ""), printed.replace("\n", "")
    lines = "\n".join(line.rstrip() for line in shown.splitlines())
    return re.fullmatch(re.escape(lines.rstrip()).replace(r"\.\.\.", ".*?"), printed.rstrip(), re.DOTALL) is not None


def _toml(workspace: Workspace, block: Block) -> None:
    import tomli

    from payerpack.packs.check import check_pack

    try:
        tree = tomli.loads(block.source)
    except tomli.TOMLDecodeError as error:
        raise BlockError(f"no TOML: {error}") from None
    if not tree.keys() & {"pack", "rule", "override", "codes", "facts", "test"}:
        return  # keys out of a table: that they parse is all there is to check
    folder = workspace.folder / ".fragment"
    shutil.rmtree(folder, ignore_errors=True)
    text = block.source
    if "test" in tree:
        (folder / "tests").mkdir(parents=True)
        (folder / "tests" / "fragment.toml").write_text(text, encoding="utf-8")
        text = ""
    folder.mkdir(exist_ok=True)
    text = text if "pack" in tree else _PACK + text
    (folder / "pack.toml").write_text(text, encoding="utf-8")
    problems = check_pack(folder)
    if problems:
        raise BlockError("\n".join(map(str, problems)))
    if "test" in tree:
        from payerpack import Engine
        from payerpack.pack_tests import run_pack_tests
        from payerpack.packs.load import load_pack

        failures = [text for result in run_pack_tests(Engine([folder]), load_pack(folder)) for text in result.failures]
        if failures:
            raise BlockError("\n".join(failures))


def _json(_workspace: Workspace, block: Block) -> None:
    try:
        value = json.loads(block.source)
    except ValueError as error:
        raise BlockError(f"no JSON: {error}") from None
    if isinstance(value, dict) and {"payer", "patient", "lines"} <= value.keys():
        from payerpack.formats.structure import structure_claim

        structure_claim(value)


def _sh(workspace: Workspace, block: Block) -> None:
    run = {
        command
        for other in blocks(workspace.document.read_text(encoding="utf-8"))
        for command, _ in _commands(other.source)
    }
    for line in textwrap.dedent(block.source).replace("\\\n", " ").splitlines():
        for part in () if line.startswith("#") else filter(None, map(str.strip, line.split("&&"))):
            if not _INSTALLS.match(part) and part not in run:
                raise BlockError(f"`{part}` can be run, so it belongs in a console block")
            for folder in re.findall(r"(?<=pip install )\./[\w-]+|(?<= -e )\./[\w-]+", part):
                if (workspace.folder / folder / "pyproject.toml").is_file() and workspace.document.parent != ROOT:
                    _install(workspace.folder / folder, workspace.site)


def _install(folder: Path, site: Path) -> None:
    """Put a distribution of the document on the path of its commands, as pip would with a network."""
    import tomli

    project = tomli.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    information = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    information.mkdir(parents=True, exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in project.get("dependencies", ()))
    (information / "METADATA").write_text(metadata, encoding="utf-8")
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in named.items())
        for group, named in project["entry-points"].items()
    )
    (information / "entry_points.txt").write_text(points, encoding="utf-8")
    package = project["name"].replace("-", "_")
    if not (site / package).exists():
        (site / package).symlink_to(folder.resolve() / package)


_RUNNERS: Final[dict[str, Callable[[Workspace, Block], str | None]]] = {
    "console": _console,
    "toml": _toml,
    "json": _json,
    "sh": _sh,
}


def parse(document: Document) -> Iterator[Region]:
    """Yield the blocks of a document as Sybil runs them: a parser of Sybil's."""
    from sybil import Lexeme, Region

    for block in blocks(document.text):
        doctests = block.language == "python" and not block.file and block.source.startswith(">>>")
        if doctests:
            from sybil.evaluators.doctest import DocTestEvaluator
            from sybil.parsers.abstract import DocTestStringParser

            whole = Region(block.start, block.end)
            lexeme = Lexeme(block.source, 0, 0)
            for region in DocTestStringParser(DocTestEvaluator(doctest.ELLIPSIS))(block.source, document.path):
                region.adjust(whole, lexeme)
                yield region
        else:
            yield Region(block.start, block.end, Lexeme(block.source, 0, 0), functools.partial(_evaluate, block))


def _evaluate(block: Block, example: Example) -> str | None:
    """Run a block; return what is wrong with it."""
    space = workspace(Path(example.path), example.namespace)
    if block.language == "python" and not block.file:
        from sybil.evaluators.python import PythonEvaluator

        PythonEvaluator()(example)
        return None
    try:
        new = space.run(block)
    except BlockError as error:
        return str(error)
    if new is None:
        return None
    space.changes.append((block, new))
    return f"the output has changed; it is now\n{new}"


def workspace(document: Path, namespace: dict[str, Any]) -> Workspace:
    """Return the workspace of a document, which lives in its namespace; the current folder is its folder."""
    if "__workspace__" not in namespace:
        folder = Path(tempfile.mkdtemp(prefix="docs-")).resolve() / "work"
        folder.mkdir()
        namespace["__workspace__"] = Workspace(document, folder)
        namespace["__before__"] = Path.cwd()
        os.chdir(folder)
    found: Workspace = namespace["__workspace__"]
    return found


def leave(namespace: dict[str, Any]) -> None:
    """Remove the folder of a document that has been run."""
    if "__workspace__" in namespace:
        os.chdir(namespace["__before__"])
        shutil.rmtree(namespace["__workspace__"].folder.parent)


def update(path: Path) -> bool:
    """Run a document and write console output that differs into it; say whether everything else is right."""
    from sybil.document import Document

    document = Document.parse(str(path), parse)
    good = True
    try:
        for example in document.examples():
            try:
                example.evaluate()
            except Exception as error:  # noqa: BLE001 - whatever a block raises is its author's to see
                if "the output has changed; it is now" not in str(error):
                    sys.stderr.write(f"{path}:{example.line}: {type(error).__name__}: {error}\n")
                    good = False
        text = document.text
        changes = workspace(path, document.namespace).changes
        for block, new in reversed(changes):
            text = text[: block.start] + new + text[block.end :]
    finally:
        leave(document.namespace)
    if changes:
        path.write_text(text, encoding="utf-8")
        sys.stderr.write(f"{path}: blocks brought up to date: {len(changes)}\n")
    return good


if __name__ == "__main__":
    right = [update(Path(name).resolve()) for name in sys.argv[1:]]
    sys.exit(not all(right))
