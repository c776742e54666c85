import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from payerpack.errors import PackError
from payerpack.packs import cache as cache_module
from payerpack.packs import reader
from payerpack.packs.cache import PackCache, default_folder
from payerpack.packs.library import Library
from payerpack.packs.load import load_pack

HEAD = 'schema = 1\n[pack]\nid = "acme"\nversion = "2026.1"\napplies_to = { payer = ["60054"] }\n'
RULE = """
[codes]
listed = { table = "tables/listed.csv", column = "code" }
near = ["76376"]

[facts]
"patient.risk" = { type = "text", many = true, values = ["low", "high"] }

[[rule]]
id = "first"
stage = "bundling"
effective = { from = 2025-01-01 }
when = { code = "@listed", charge = { min = 10.50 } }
then = { action = "deny", carc = "97" }
"""
MORE = """
schema = 1
[[rule]]
id = "second"
stage = "frequency"
when = { code = { table = "other.csv", key = "code", column = "to" } }
limit = { max = 1 }
then = { action = "warn" }
"""


@pytest.fixture
def folder(tmp_path):
    """A pack with a rule file and two tables, one of them outside ``tables``."""
    home = tmp_path / "acme"
    for name, text in {
        "pack.toml": HEAD + RULE,
        "rules/more.toml": MORE,
        "tables/listed.csv": "code\n76376\n76377\n",
        "other.csv": "code,to\n76376,76377\n",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, "utf-8")
    return home


@pytest.fixture
def cache(tmp_path):
    return PackCache(tmp_path / "cache")


@pytest.fixture
def checked(monkeypatch):
    """The folders that were read and checked, in order."""
    folders = []
    real = reader.Reader

    def counting(folder):
        folders.append(folder.name)
        return real(folder)

    monkeypatch.setattr(reader, "Reader", counting)
    return folders


def parts(pack):
    """Everything of a pack, comparable: tables by their rows."""
    return {
        name: {file: (table.columns, table.rows, table.lines) for file, table in value.items()}
        if name == "tables"
        else value
        for name in pack.__slots__
        if name != "__weakref__"
        for value in [getattr(pack, name)]
    }


def the_file(cache):
    (file,) = cache.folder.iterdir()
    return file


def test_a_pack_that_was_found_sound_is_not_checked_again(folder, cache, checked):
    first = load_pack(folder, "payerpack-acme 1.0", cache)

    second = load_pack(folder, "payerpack-acme 1.0", PackCache(cache.folder))

    assert checked == ["acme"]
    assert parts(second) == parts(first)


@pytest.mark.parametrize("name", ["pack.toml", "rules/more.toml", "tables/listed.csv", "other.csv"])
def test_a_byte_that_changes_in_any_file_makes_a_pack_be_checked_again(folder, cache, checked, name):
    load_pack(folder, cache=cache)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")

    pack = load_pack(folder, cache=cache)

    assert checked == ["acme", "acme"]
    assert parts(pack) == parts(load_pack(folder))


def test_a_file_that_is_added_makes_a_pack_be_checked_again(folder, cache, checked):
    load_pack(folder, cache=cache)
    (folder / "rules" / "third.toml").write_text(MORE.replace("second", "third"), "utf-8")

    assert [rule["id"] for rule, _ in load_pack(folder, cache=cache).rules] == ["first", "second", "third"]


def test_a_pack_with_faults_is_never_kept_and_says_the_same_each_time(folder, cache):
    (folder / "rules" / "more.toml").write_text(MORE.replace('stage = "frequency"', 'stage = "never"'), "utf-8")
    said = []
    for _ in range(2):
        with pytest.raises(PackError) as error:
            load_pack(folder, cache=cache)
        said.append(str(error.value))

    assert said[0] == said[1]
    assert "more.toml:5:9: PP104" in said[0]
    assert not cache.folder.exists()


def test_what_breaks_after_it_was_kept_is_reported_with_its_place(folder, cache):
    load_pack(folder, cache=cache)
    (folder / "other.csv").write_text("code,to\n76376\n", "utf-8")

    with pytest.raises(PackError, match=r"other\.csv:2:1: PP303"):
        load_pack(folder, cache=cache)


def test_a_table_that_is_gone_is_reported(folder, cache):
    load_pack(folder, cache=cache)
    (folder / "other.csv").unlink()

    with pytest.raises(PackError, match="PP301"):
        load_pack(folder, cache=cache)


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: b"",
        lambda held: held[:-20],
        lambda held: held[: len(held) // 2],
        lambda held: b"\xff\x00" + held,
        lambda held: held.replace(b'"deny"', b'"warn"'),
        lambda held: b"[]\n[]\n[]",
        lambda held: b'{"by": 1}',
        lambda held: b"{}",
        lambda held: b"null\nnull\nnull",
        lambda held: b"[" * 100_000,
        lambda held: held.replace(b'"tables": [', b'"tables": [1, '),
        lambda held: held.replace(b'"trees": [', b'"trees": ["x", '),
    ],
)
def test_a_file_that_anything_happened_to_is_passed_over_and_written_anew(folder, cache, checked, damage):
    whole = parts(load_pack(folder, cache=cache))
    file = the_file(cache)
    sound = file.read_bytes()
    file.write_bytes(damage(sound))

    assert parts(load_pack(folder, cache=cache)) == whole
    assert checked == ["acme", "acme"]
    assert file.read_bytes() == sound


def test_other_code_checks_a_pack_again(folder, cache, checked, monkeypatch):
    load_pack(folder, cache=cache)
    monkeypatch.setattr(cache_module, "written_by", lambda: "another version")

    load_pack(folder, cache=cache)

    assert checked == ["acme", "acme"]


def test_what_json_has_no_word_for_comes_back_as_it_was(cache, tmp_path):
    head = {
        "day": dt.date(2026, 1, 15),
        "time": dt.time(7, 30, 0, 250_000),
        "moment": dt.datetime(2026, 1, 15, 7, 30, tzinfo=dt.timezone(dt.timedelta(hours=-8))),
        "number": [Decimal("10.50"), Decimal("Infinity"), 10**40, True, ""],
        "text": 'quotes " and \\ and \n and \u2028 and \U0001f600',
    }

    cache.keep_head(tmp_path, b"content", head)
    found = cache.head(tmp_path, b"content")

    assert found == head
    assert str(found["number"][0]) == "10.50"


def test_a_table_that_looks_like_what_stands_for_a_date_is_not_kept(cache, tmp_path):
    cache.keep_head(tmp_path, b"content", {"settings": {"\0": ["date", "2026-01-15"]}})

    assert cache.head(tmp_path, b"content") is None


def test_the_head_of_another_content_is_not_returned(cache, tmp_path):
    cache.keep_head(tmp_path, b"content", {"id": "acme"})

    assert cache.head(tmp_path, b"other") is None
    assert cache.head(tmp_path / "elsewhere", b"content") is None


def test_a_library_takes_headers_and_packs_from_where_they_are_kept(folder, cache, checked, monkeypatch):
    first = Library([folder], installed=False, cache=cache)
    headers, pack = first.all(), first.get("acme")
    monkeypatch.setattr("payerpack.packs.heads.read_head", None)

    again = Library([folder], installed=False, cache=cache)

    assert again.all() == headers
    assert parts(again.get("acme")) == parts(pack)
    assert checked == ["acme"]


REPOSITORY = Path(__file__).parents[3]
SHIPPED = sorted(file.parent for home in ("policy_packs", "plugins") for file in (REPOSITORY / home).rglob("pack.toml"))


@pytest.mark.parametrize("home", SHIPPED, ids=lambda home: home.name)
def test_every_pack_of_the_repository_comes_back_as_it_is_read(home, cache, checked):
    read = load_pack(home)
    load_pack(home, cache=cache)

    kept = load_pack(home, cache=cache)

    assert len(checked) == 2
    assert parts(kept) == parts(read)
    assert [str(value) for value in kept.rules] == [str(value) for value in read.rules]


def test_a_pack_moved_to_another_folder_is_checked_there(folder, cache, checked, tmp_path):
    load_pack(folder, cache=cache)
    moved = folder.rename(tmp_path / "moved")

    assert load_pack(moved, cache=cache).rules[0][1].file == moved / "pack.toml"
    assert checked == ["acme", "moved"]


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_not_used(folder, cache, checked, mode):
    load_pack(folder, cache=cache)
    cache.folder.chmod(mode)
    before = the_file(cache).stat().st_mtime_ns

    load_pack(folder, cache=cache)

    assert checked == ["acme", "acme"]
    assert the_file(cache).stat().st_mtime_ns == before


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_the_folder_is_made_for_its_user_alone(folder, cache):
    load_pack(folder, cache=cache)

    assert cache.folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_no_error(folder, tmp_path, checked):
    (tmp_path / "file").write_text("", "utf-8")
    nowhere = PackCache(tmp_path / "file" / "cache")

    assert load_pack(folder, cache=nowhere).id == load_pack(folder, cache=nowhere).id == "acme"


def test_off_keeps_nothing(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    load_pack(folder, cache=PackCache("off"))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["acme"]


def test_the_environment_names_the_folder_and_an_argument_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("PAYERPACK_CACHE", str(tmp_path / "named"))

    assert PackCache().folder == tmp_path / "named"
    assert PackCache(tmp_path / "given").folder == tmp_path / "given"
    monkeypatch.setenv("PAYERPACK_CACHE", "off")
    assert PackCache().folder is None


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="the XDG folders")
def test_the_usual_folder_is_that_of_the_users_caches(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/caches")
    assert default_folder() == Path("/var/tmp/caches/payerpack")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_folder() == Path("/home/somebody/.cache/payerpack")


def test_a_user_without_a_home_keeps_nothing(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))

    assert PackCache().folder is None


def test_too_many_files_are_halved_and_the_newest_stay(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_module, "_MOST", 4)
    cache.folder.mkdir(mode=0o700)
    for number in range(8):
        file = cache.folder / f"{number}.json"
        file.write_text("", "utf-8")
        os.utime(file, (number, number))
    monkeypatch.setattr(PackCache, "_file", lambda self, _: self.folder / "00.json")

    cache.keep_head(tmp_path, b"content", {"id": "acme"})

    assert sorted(file.name for file in cache.folder.iterdir()) == ["00.json", "4.json", "5.json", "6.json", "7.json"]


def test_nothing_but_plain_data_is_kept(folder, cache):
    load_pack(folder, cache=cache)

    about, *values = [json.loads(line) for line in the_file(cache).read_bytes().split(b"\n")]

    assert sorted(about) == ["by", "head", "tables", "trees"]
    assert [type(value) for value in values] == [dict, dict]


def test_a_kept_pack_imports_nothing_that_only_checks(folder, tmp_path):
    code = (
        "import sys; from payerpack.packs.library import Library; from payerpack.packs.cache import PackCache;"
        f"Library([{str(folder)!r}], installed=False, cache=PackCache({str(tmp_path / 'cache')!r})).get('acme');"
        "print([name for name in ('tomli', 'payerpack.packs.schema', 'payerpack.packs.shapes') if name in sys.modules])"
    )

    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    ]

    assert said == ["['tomli', 'payerpack.packs.schema', 'payerpack.packs.shapes']", "[]"]
