"""The tests of a pack as pytest's items: one for each ``[[test]]``, named as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from payerpack.errors import PackError, PluginError
from payerpack.pack_tests import run_case

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from payerpack.engine import Engine
    from payerpack.packs.cases import Case
    from payerpack.packs.expectations import CaseResult
    from payerpack.packs.model import Fault


@attrs.frozen(slots=True, eq=False)
class _Tested:
    """One pack under test: the engine that reviews, and everything that its test files say.

    Attributes:
        engine: It sees the pack, the packs beside it, and what is installed.
        cases: The tests of all files.
        faults: What is wrong in any of the files.
    """

    engine: Engine
    cases: tuple[Case, ...]
    faults: tuple[Fault, ...]


_TESTED: Final = pytest.StashKey[dict["Path", "_Tested | str"]]()
"""Packs by folder: read once, however many test files they have; a text says why a pack cannot be tested."""


class PackTests(pytest.File):
    """A test file of a pack."""

    def collect(self) -> Iterator[PackTest]:
        """Yield its tests.

        Raises:
            CollectError: The pack, or this file of it, cannot be used; every problem with its line.
        """
        from payerpack.packs.diagnostics import problems

        tested = self._pack()
        if isinstance(tested, str):
            raise self.CollectError(tested)
        faults = problems(fault for fault in tested.faults if fault.file == self.path)
        if faults:
            raise self.CollectError("\n".join(map(str, faults)))
        for case in tested.cases:
            if case.place.file == self.path:
                yield PackTest.from_parent(self, name=case.name, case=case, engine=tested.engine)

    def _pack(self) -> _Tested | str:
        known = self.session.stash.setdefault(_TESTED, {})
        folder = self.path.parent.parent
        if folder not in known:
            try:
                known[folder] = _read(folder)
            except (PackError, PluginError) as error:
                known[folder] = str(error)
        return known[folder]


def _read(folder: Path) -> _Tested:
    """Read a pack and its tests.

    Raises:
        PackError: The pack cannot be used.
        PluginError: One of its plugins breaks the contract.
    """
    from payerpack.engine import Engine
    from payerpack.packs.cases import try_read_cases
    from payerpack.packs.load import load_pack

    pack = load_pack(folder)
    # Its parent may be a pack beside it.
    engine = Engine([folder.parent])
    policy = engine.policy(f"{pack.id}=={pack.version}")
    cases, faults = try_read_cases(pack, policy.compiled.catalogue)
    return _Tested(engine, cases, faults)


class CaseFailed(Exception):  # noqa: N818 - what pytest calls a failure is no error of ours
    """A test of a pack that fell short of what it expects."""

    def __init__(self, result: CaseResult) -> None:
        self.result = result
        super().__init__(*result.failures)


class PackTest(pytest.Item):
    """One test of a pack."""

    def __init__(self, *, case: Case, engine: Engine, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.engine = engine

    def runtest(self) -> None:
        """Review the test's claim and compare; a known gap (``todo``) is an expected failure."""
        result = run_case(self.engine, self.case)
        if not result.passed:
            raise CaseFailed(result)
        if self.case.todo:
            pytest.xfail(self.case.todo)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what was expected, what was got, and how the rules came to it; a fault of ours keeps its traceback."""
        if isinstance(excinfo.value, CaseFailed):
            from payerpack.testing.told import told

            return "\n".join(told(self.engine, excinfo.value.result))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        """Return where it is written."""
        from payerpack.testing.told import line_of

        return self.path, line_of(self.case.place) - 1, self.case.name
