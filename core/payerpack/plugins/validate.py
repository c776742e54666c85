"""What pluggy does not check: whether a plugin's functions are what their author believes they are.

pluggy accepts a function without its marker, a misspelt hook, an ``async`` implementation (it returns an object that
never runs), a generator, a wrong annotation, and arguments with defaults that no spec has. Each of them would pass
silently on every claim, so a policy is not built with any of them.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import types
import typing
from collections import abc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from payerpack import claim, context, finding, hookspecs
from payerpack.errors import PluginError
from payerpack.plugins.registered import ARGUMENTS, CORE, Registered, functions

_RETURNS: Final[Mapping[str, tuple[type, type | None, str]]] = {
    "register_formats": (abc.Iterable, finding.Format, "a list of Format"),
    "supply_facts": (abc.Mapping, None, "a mapping by (line number, fact)"),
    **dict.fromkeys(hookspecs.CHECKS, (abc.Iterable, finding.Finding, "a list of Finding")),
}


def validate(registered: Sequence[Registered]) -> None:
    """Check the plugins of one policy.

    Args:
        registered: The plugins, in the order they are registered.

    Raises:
        PluginError: A plugin breaks the contract; the message lists everything wrong with it.
    """
    names: dict[str, Registered] = {}
    owners: dict[str, Registered] = {}
    for one in registered:
        problems = [] if one.distribution == CORE else _examined(one)  # its tests hold the core to it
        if one.name in names:
            problems.append(f"{names[one.name].origin} has a plugin of this name too; block or uninstall one of them")
        problems += [
            f"rule {rule} belongs to {owners[rule].name} ({owners[rule].origin}) too; rename one of them"
            for rule in sorted(one.owned & owners.keys())
        ]
        if problems:
            listed = problems[0] if len(problems) == 1 else "".join(f"\n  {problem}" for problem in problems)
            raise PluginError(listed, plugin=one.name, distribution=one.origin)
        names[one.name] = one
        owners.update(dict.fromkeys(one.owned, one))


def _examined(registered: Registered) -> list[str]:
    """Return what is wrong with a plugin; one whose attributes cannot be read has just that wrong."""
    try:
        return list(_problems(registered))
    except Exception as fault:
        message = f"its attributes cannot be read ({type(fault).__name__}: {fault}); a plugin is a plain object"
        raise PluginError(message, plugin=registered.name, distribution=registered.origin) from fault


def _problems(registered: Registered) -> Iterator[str]:
    plugin = registered.plugin
    written_for = getattr(plugin, "HOOK_API", hookspecs.HOOK_API)
    if written_for != hookspecs.HOOK_API:
        yield (
            f"it was written for hook API {written_for!r} and this core has {hookspecs.HOOK_API}; "
            "install the version of the plugin that was made for this core"
        )
    found = False
    for name, function, options in functions(plugin):
        if options is not None:
            found = True
            yield from _implementation(options.get("specname") or name, function, options)
        elif name in hookspecs.HOOKS and function is not getattr(hookspecs, name):
            yield f"{name} has a hook's name but no @hookimpl, so it would never run; decorate or rename it"
    if not found:
        yield "it implements no hook, so it would do nothing; decorate its hooks with payerpack's @hookimpl"


def _implementation(name: str, function: Callable[..., Any], options: Mapping[str, Any]) -> Iterator[str]:
    if name not in hookspecs.HOOKS:
        if not options.get("optionalhook"):
            near = difflib.get_close_matches(name, hookspecs.HOOKS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the hooks are {', '.join(hookspecs.HOOKS)}"
            yield f"{name} is no hook; {hint}"
        return
    wrapper = bool(options.get("wrapper"))
    if options.get("hookwrapper"):
        yield f"{name} is an old-style wrapper (hookwrapper=True); write @hookimpl(wrapper=True) and return the findings"
    elif wrapper and name not in hookspecs.CHECKS:
        yield f"{name} may not be wrapped; only {', '.join(hookspecs.CHECKS)} may"
    yield from _kind(name, function, wrapper=wrapper or bool(options.get("hookwrapper")))
    yield from _parameters(name, function)
    yield from _annotations(name, function, wrapper=wrapper)


def _kind(name: str, function: Callable[..., Any], *, wrapper: bool) -> Iterator[str]:
    inner = inspect.unwrap(function)
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        yield f"{name} is async, but hooks are called and never awaited; write it with a plain def"
    elif inspect.isgeneratorfunction(inner) and not wrapper:
        yield f"{name} is a generator but no wrapper; return a list, or mark it @hookimpl(wrapper=True)"
    elif wrapper and not inspect.isgeneratorfunction(inner):
        yield f"{name} is a wrapper without a yield; write `found = yield` and return the findings that stand"


def _parameters(name: str, function: Callable[..., Any]) -> Iterator[str]:
    arguments = ARGUMENTS[name]
    offered = ", ".join(arguments) or "none"
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            yield f"{name}: {parameter} is never passed; name the arguments it needs plainly, of these: {offered}"
        elif parameter.name not in arguments:
            near = difflib.get_close_matches(parameter.name, arguments, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it offers {offered}"
            yield f"{name}: the hook has no argument {parameter.name}; {hint}"


@functools.cache
def _wanted(name: str) -> Mapping[str, Any]:
    return typing.get_type_hints(getattr(hookspecs, name))


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return a function's annotations; none when they name what only a type checker imports from elsewhere."""
    known: dict[str, Any] = {}
    for module in (typing, abc, claim, context, finding):
        known.update(vars(module))
    try:
        # The function's own names come first: a class of its own called Claim is exactly what must be noticed.
        return typing.get_type_hints(function, {**known, **getattr(inspect.unwrap(function), "__globals__", {})})
    except (NameError, TypeError, AttributeError, SyntaxError):
        return {}


def _annotations(name: str, function: Callable[..., Any], *, wrapper: bool) -> Iterator[str]:
    wanted = _wanted(name)
    for parameter, hint in _hints(function).items():
        if parameter == "return":
            yield from _return(name, hint, wrapper=wrapper)
        elif parameter in wanted and not _takes(hint, wanted[parameter]):
            yield f"{name}: {parameter} is annotated {_text(hint)}, but it gets a {_text(wanted[parameter])}"


def _return(name: str, hint: Any, *, wrapper: bool) -> Iterator[str]:
    if wrapper:
        if not _gives(hint, abc.Iterable, None):
            yield f"{name}: a wrapper returns Generator[None, list[Finding], list[Finding]], not {_text(hint)}"
            return
        hint = typing.get_args(hint)[-1] if typing.get_origin(hint) is abc.Generator else Any
    if name not in _RETURNS:
        if hint not in {Any, type(None)}:
            yield f"{name}: it is annotated to return {_text(hint)}, but its result is ignored; annotate None"
        return
    container, item, words = _RETURNS[name]
    if not _gives(hint, container, item):
        yield f"{name}: it is annotated to return {_text(hint)}; the hook returns {words}, or None"


def _arms(hint: Any) -> tuple[Any, ...] | None:
    return typing.get_args(hint) if typing.get_origin(hint) in {typing.Union, types.UnionType} else None


def _takes(hint: Any, given: Any) -> bool:
    """Say whether something annotated so may be given a value of that class."""
    arms = _arms(hint)
    if arms is not None:
        return any(_takes(arm, given) for arm in arms)
    plain = typing.get_origin(hint) or hint
    if hint is Any or not isinstance(plain, type):
        return hint is Any or isinstance(hint, typing.TypeVar)
    return getattr(plain, "_is_protocol", False) or issubclass(given, plain)


def _gives(hint: Any, container: type, item: type | None) -> bool:
    """Say whether something annotated to return this gives such a container of such items, or ``None``."""
    arms = _arms(hint)
    if arms is not None:
        return all(_gives(arm, container, item) for arm in arms)
    if hint in {Any, object, type(None)}:
        return True
    plain = typing.get_origin(hint) or hint
    if not isinstance(plain, type) or not issubclass(plain, container) or plain in {str, bytes}:
        return False
    arguments = typing.get_args(hint)
    return item is None or not arguments or _takes(arguments[0], item) or arguments[0] is typing.NoReturn


def _text(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint).replace("typing.", "")
