"""One hierarchy of errors; a user's mistakes and a developer's mistakes are on different branches.

Every error carries fields, not only text, so that a host can render or count it. No message ever holds a patient's
identifier, a name or the text of a report.
"""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class Problem:
    """One thing that is wrong, where, and what to do.

    Attributes:
        location: Where: ``file:line:col``, ``file: claim 3: $.lines[0].code``, or a name.
        message: What is wrong, why, and what to write instead; one sentence, no patient data.
        code: A stable short code such as ``PP101``; empty where no list of codes exists.
        excerpt: The source line with a caret under the fault, or empty.
    """

    location: str
    message: str
    code: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        """Return ``location: CODE message`` and the excerpt below it."""
        head = f"{self.location}: {self.code} {self.message}" if self.code else f"{self.location}: {self.message}"
        return f"{head}\n{self.excerpt}" if self.excerpt else head


class PayerpackError(Exception):
    """The root of every error that payerpack raises on purpose."""


class UserError(PayerpackError):
    """A mistake in what a user gave us: a file, a pack, an option. The command exits with status 2.

    Attributes:
        problems: Every problem found, in the order of the file.
    """

    def __init__(self, *problems: Problem | str) -> None:
        self.problems: tuple[Problem, ...] = tuple(p if isinstance(p, Problem) else Problem("", p) for p in problems)
        super().__init__("\n".join(str(p).removeprefix(": ") for p in self.problems))

    def __reduce__(self) -> tuple[type[UserError], tuple[Problem, ...]]:
        """Pickle with every problem: an error of another process says as much as one of this."""
        return type(self), self.problems


class ClaimError(UserError):
    """A claim that cannot be read: unknown keys, wrong types, missing values."""


class DataError(UserError):
    """A data file (CMS table, history, claim container) that is malformed, truncated or inconsistent."""


class PackError(UserError):
    """A policy pack that cannot be used; all problems of the pack at once."""


class RoutingError(UserError):
    """No policy, or more than one, claims to review a claim."""


class DeveloperError(PayerpackError):
    """A mistake in code: a plugin or a host that breaks the contract."""


class PluginError(DeveloperError):
    """A plugin that breaks the contract.

    Attributes:
        plugin: The name of the plugin's entry point.
        distribution: The distribution and version that provide it, such as ``payerpack-acme 1.2``.
        hook: The hook at fault, or empty.
    """

    def __init__(self, message: str, *, plugin: str = "", distribution: str = "", hook: str = "") -> None:
        self.plugin = plugin
        self.distribution = distribution
        self.hook = hook
        where = f"plugin {plugin}" + (f" ({distribution})" if distribution else "") if plugin else ""
        super().__init__(": ".join(part for part in (where, hook, message) if part))
