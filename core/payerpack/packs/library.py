"""Every pack that can be had: found without reading, headed by a quick look, loaded when asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import attrs

from payerpack.collecting import uncollected
from payerpack.dates import DateRange
from payerpack.errors import PackError, Problem
from payerpack.packs import discovery
from payerpack.packs.cache import PackCache
from payerpack.packs.diagnostics import problems
from payerpack.packs.discovery import Origin
from payerpack.packs.faults import nearest
from payerpack.packs.files import content
from payerpack.packs.load import load_pack, read_pack
from payerpack.packs.model import Pack, PackStatus
from payerpack.packs.values import date_range, split_extends
from payerpack.versions import Range, Release

_PREFERENCE: Final[Mapping[str, int]] = {"active": 0, "monitor": 1, "retired": 2, "draft": 3, "suspended": 4}
"""Which status is taken first when several versions will do: a version that only monitors changes no outcome."""


@attrs.frozen(slots=True)
class Header:
    """What ``[pack]`` says of one version of a pack; enough to route claims and to choose a version."""

    id: str
    version: str
    status: PackStatus
    title: str
    extends: tuple[str, str] | None
    plugins: tuple[str, ...]
    applies_to: Mapping[str, Any]
    effective: DateRange
    known_from: dt.date | None
    folder: Path
    distribution: str
    by_hand: bool = False

    @property
    def release(self) -> Release:
        """The version as it compares."""
        return Release(self.version)


class MissingPackError(PackError):
    """No pack, or no version of it, is what was asked for."""


class Library:
    """The packs that the core ships, that distributions bring, and that are given by hand.

    Only ``[pack]`` of each is read at first; a pack is loaded when it is asked for, once. A pack that cannot be read is
    reported when somebody asks for it, and by `problems`; it costs the others nothing.

    Args:
        folders: Pack folders, or folders of pack folders, given by hand; their packs hide installed ones of the same
            id and version.
        installed: Whether shipped and installed packs are looked up too.
        cache: Where packs that were found sound are kept; absent, in the usual place.

    Raises:
        PackError: A folder given by hand holds no pack.
    """

    def __init__(
        self, folders: Iterable[Path | str] = (), *, installed: bool = True, cache: PackCache | None = None
    ) -> None:
        self._installed = installed
        self._cache = PackCache() if cache is None else cache
        self._loaded: dict[Path, Pack] = {}
        self._headers: dict[str, tuple[Header, ...]] = {}
        self._broken: list[Origin] = []
        self._notes: list[Problem] = []
        by_hand = {folder: discovery.pack_folders(folder) for folder in map(Path, folders)}
        missing = [folder for folder, packs in by_hand.items() if not packs]
        if missing:
            raise PackError(
                *(Problem(str(f), "holds no pack: there is no pack.toml in it or in its folders") for f in missing)
            )
        self._scan([Origin(pack, by_hand=True) for packs in by_hand.values() for pack in packs])

    def get(self, id: str, spec: str = "", as_of: dt.date | None = None, on: dt.date | None = None) -> Pack:  # noqa: A002 - a pack's id
        """Return the newest version of a pack that will do.

        Active versions come first, then those that monitor, retired ones, drafts, and suspended ones.

        Args:
            id: The pack's id.
            spec: A PEP 440 version range such as ``>=2024.3``.
            as_of: Only versions known on this date count.
            on: Versions that are effective on this date of service come first.

        Raises:
            MissingPackError: No such pack or version is there.
            PackError: It cannot be read.
        """
        return self.load(self.header(id, spec, as_of, on))

    def header(self, id: str, spec: str = "", as_of: dt.date | None = None, on: dt.date | None = None) -> Header:  # noqa: A002 - a pack's id
        """Return the header of the version that `get` would return; same arguments and errors."""
        versions = self._headers.get(id, ())
        if not versions:
            self._raise_missing(id)
        try:
            wanted = Range(spec)
        except ValueError:
            raise MissingPackError(
                Problem("", f'"{spec}" is no version range; write it like {id}=={versions[0].version}')
            ) from None
        matching = [header for header in versions if header.release in wanted]
        there = f"installed: {', '.join(header.version for header in versions)}"
        if not matching:
            raise MissingPackError(Problem("", f"no version of {id} is {spec}; {there}"))
        known = [h for h in matching if as_of is None or h.known_from is None or h.known_from <= as_of]
        if not known:
            raise MissingPackError(Problem("", f"no version of {id} that will do was published by {as_of}; {there}"))
        best = min(
            known,
            key=lambda h: (on is not None and on not in h.effective, _PREFERENCE[h.status]),
        )
        twins = [h for h in versions if h.version == best.version and h.by_hand == best.by_hand]
        if len({self.load(twin).digest for twin in twins} if len(twins) > 1 else ()) > 1:
            places = " and ".join(sorted(twin.distribution or str(twin.folder) for twin in twins))
            raise PackError(
                Problem(
                    id, f"{places} both bring version {best.version}, with different contents; take one away", "PP511"
                )
            )
        return best

    def load(self, header: Header) -> Pack:
        """Return the pack of a header, read once.

        Raises:
            PackError: It cannot be used; every problem of it at once.
        """
        pack = self._loaded.get(header.folder)
        if pack is None:
            with uncollected():
                pack = self._loaded[header.folder] = load_pack(header.folder, header.distribution, self._cache)
        return pack

    def versions(self, id: str) -> tuple[Header, ...]:  # noqa: A002 - a pack's id
        """Return the versions of a pack, newest first; none when there is no such pack."""
        return self._headers.get(id, ())

    def all(self) -> tuple[Header, ...]:
        """Return every version of every pack that can be read that far: by id, newest first."""
        return tuple(header for id_ in sorted(self._headers) for header in self._headers[id_])

    def unreadable(self) -> tuple[str, ...]:
        """Return the names of the packs whose ``[pack]`` cannot be read: their ids as far as they can be told."""
        return tuple(sorted(_guess_id(origin.folder) or origin.folder.name for origin in self._broken))

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that is wrong with any pack, loading them all."""
        found = list(self._notes)
        for folder in [origin.folder for origin in self._broken] + [header.folder for header in self.all()]:
            if folder not in self._loaded:
                found += problems(read_pack(folder).faults)
        return tuple(found)

    def _scan(self, by_hand: Iterable[Origin]) -> None:
        headers = [header for origin in by_hand if (header := self._look(origin)) is not None]
        hidden = {(header.id, header.version) for header in headers}
        for origin in self._origins() if self._installed else ():
            header = self._look(origin)
            if header is not None and (header.id, header.version) not in hidden:
                headers.append(header)
        for header in sorted(headers, key=lambda h: (h.release, h.distribution, str(h.folder)), reverse=True):
            self._headers[header.id] = (*self._headers.get(header.id, ()), header)

    def _origins(self) -> Iterable[Origin]:
        yield from discovery.shipped()
        for entry, distribution, folder in discovery.installed():
            if folder is None:
                message = f'its entry point "{entry.name}" names {entry.value}, and it holds no such folder'
                self._notes.append(Problem(distribution, message))
            else:
                for pack in discovery.pack_folders(folder):
                    yield Origin(pack, distribution)

    def _look(self, origin: Origin) -> Header | None:
        header = read_header(origin, self._cache)
        if header is None:
            self._broken.append(origin)
        return header

    def _raise_missing(self, id_: str) -> NoReturn:
        for origin in self._broken:
            faults = read_pack(origin.folder).faults if id_ in {origin.folder.name, _guess_id(origin.folder)} else ()
            if faults:
                raise PackError(*problems(faults))
        there = f"; installed: {', '.join(sorted(self._headers))}" if self._headers else "; none is installed"
        raise MissingPackError(Problem("", f'there is no pack "{id_}"{nearest(id_, self._headers) or there}'))


def read_header(origin: Origin, cache: PackCache | None = None) -> Header | None:
    """Return what ``[pack]`` says, without reading the rules; ``None`` when it cannot be read that far."""
    held = content(origin.folder / "pack.toml")
    if held is None:
        return None
    head = None if cache is None else cache.head(origin.folder, held)
    if head is not None:
        return _header(head, origin)
    from payerpack.packs.heads import read_head  # a pack from the cache does without the checks

    head = read_head(origin.folder / "pack.toml", held)
    header = None if head is None else _header(head, origin)
    if cache is not None and head is not None and header is not None:
        cache.keep_head(origin.folder, held, head)
    return header


def _header(head: Mapping[str, Any], origin: Origin) -> Header | None:
    """Return the header that the table ``[pack]`` makes; ``None`` when it makes none."""
    try:
        Release(head["version"])
        return Header(
            id=str(head["id"]),
            version=head["version"],
            status=head["status"] if head.get("status") in _PREFERENCE else "active",
            title=str(head.get("title", "")),
            extends=split_extends(head["extends"]) if "extends" in head else None,
            plugins=tuple(map(str, head.get("plugins", ()))),
            applies_to=head.get("applies_to", {}),
            effective=date_range(head.get("effective")),
            known_from=head["published"] if isinstance(head.get("published"), dt.date) else None,
            folder=origin.folder,
            distribution=origin.distribution,
            by_hand=origin.by_hand,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _guess_id(folder: Path) -> str:
    """Return the id of a pack that cannot be parsed, as far as a look at its text tells."""
    try:
        found = re.search(r'^id\s*=\s*"([^"\n]*)"', (folder / "pack.toml").read_text("utf-8", "replace"), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""
