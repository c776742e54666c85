import datetime as dt
from pathlib import Path

import pytest

from payerpack.errors import PackError
from payerpack.packs import discovery
from payerpack.packs.library import Library, MissingPackError

FEBRUARY = dt.date(2026, 2, 1)


def test_a_folder_of_packs_given_by_hand_is_searched(write, library) -> None:
    write("one")
    write("two")
    assert [header.id for header in library().all()] == ["one", "two"]


def test_a_pack_folder_itself_may_be_given(write) -> None:
    assert [header.id for header in Library([write("one")], installed=False).all()] == ["one"]


def test_a_folder_without_a_pack_is_refused_by_name(tmp_path) -> None:
    with pytest.raises(PackError, match="holds no pack"):
        Library([tmp_path], installed=False)


def test_versions_stand_side_by_side_newest_first(write, library) -> None:
    for version in ("2026.9", "2026.10", "2025.4"):
        write("one", version=version)
    assert [header.version for header in library().versions("one")] == ["2026.10", "2026.9", "2025.4"]
    assert library().get("one").version == "2026.10"


@pytest.mark.parametrize(
    ("spec", "version"), [("", "2026.2"), ("==2026.1", "2026.1"), ("<2026.2", "2026.1"), ("==2026.*", "2026.2")]
)
def test_a_version_range_picks_the_newest_inside_it(write, library, spec, version) -> None:
    write("one", version="2026.1")
    write("one", version="2026.2")
    assert library().get("one", spec).version == version


def test_a_version_is_unknown_before_the_day_it_was_published(write, library) -> None:
    write("one", version="2026.1", head="published = 2026-01-01")
    write("one", version="2026.2", head="published = 2026-02-01")
    assert library().get("one", as_of=dt.date(2026, 1, 31)).version == "2026.1"
    assert library().get("one", as_of=FEBRUARY).version == "2026.2"
    with pytest.raises(MissingPackError, match="published by 2025-12-31"):
        library().get("one", as_of=dt.date(2025, 12, 31))


def test_a_version_in_force_on_the_date_of_service_comes_first(write, library) -> None:
    write("one", version="2025.1", head="effective = { to = 2025-12-31 }\nstatus = 'retired'")
    write("one", version="2026.1", head="effective = { from = 2026-01-01 }")
    assert library().get("one", on=dt.date(2025, 12, 31)).version == "2025.1"
    assert library().get("one", on=dt.date(2026, 1, 1)).version == "2026.1"


@pytest.mark.parametrize("status", ["draft", "monitor", "suspended", "retired"])
def test_a_version_that_judges_claims_comes_before_a_newer_one_that_does_not(write, library, status) -> None:
    write("one", version="2026.1")
    write("one", version="2026.2", head=f'status = "{status}"\neffective = {{ to = 2026-06-30 }}')
    assert library().get("one").version == "2026.1"
    assert library().get("one", "==2026.2").status == status


def test_an_unknown_pack_is_named_with_the_nearest_one(write, library) -> None:
    write("example-health")
    with pytest.raises(MissingPackError, match='no pack "exampel-health"; did you mean "example-health"'):
        library().get("exampel-health")


def test_a_version_out_of_range_is_answered_with_what_is_installed(write, library) -> None:
    write("one", version="2026.1")
    with pytest.raises(MissingPackError, match=r"no version of one is >=2030; installed: 2026\.1"):
        library().get("one", ">=2030")


def test_a_broken_pack_costs_the_others_nothing(write, library) -> None:
    write("good")
    write("bad", "[[rule]]\nid = ")
    found = library()
    assert found.get("good").id == "good"
    assert [header.id for header in found.all()] == ["bad", "good"]
    with pytest.raises(PackError, match="PP001"):
        found.get("bad")


def test_a_pack_whose_head_cannot_be_read_is_reported_when_it_is_asked_for(write, library) -> None:
    write("bad", version="R27")
    write("good")
    found = library()
    assert [header.id for header in found.all()] == ["good"]
    with pytest.raises(PackError, match="PP106"):
        found.get("bad")


def test_a_pack_that_cannot_be_routed_to_is_as_good_as_broken(write, library) -> None:
    write("bad", head="applies_to = { any = 3 }")
    write("good")
    assert [header.id for header in library().all()] == ["good"]
    with pytest.raises(PackError, match="PP102"):
        library().get("bad")


def test_the_problems_of_every_pack_can_be_listed(write, library) -> None:
    write("good")
    write("bad", "[[rule]]\nid = ")
    write("worse", version="R27")
    assert [problem.code for problem in library().problems()] == ["PP106", "PP001"]


def test_a_head_is_read_without_the_rules_even_after_lists_of_lists(write, library) -> None:
    write("one", "this is not TOML", head='applies_to = { payer = [\n"60054",\n] }\n[codes]\n')
    assert library().versions("one")[0].applies_to == {"payer": ["60054"]}


def test_a_head_that_only_the_whole_file_explains_is_read_too(write, library) -> None:
    write("one", head='title = """\n[codes]\n"""\nstatus = "monitor"')
    assert library().versions("one")[0].status == "monitor"


def test_a_pack_is_loaded_once(write, library) -> None:
    write("one")
    found = library()
    assert found.get("one") is found.get("one")


def test_two_packs_of_one_id_and_version_with_different_contents_are_refused(write, library) -> None:
    write("one", folder="a")
    write("one", head='title = "another"', folder="b")
    with pytest.raises(PackError, match="PP511"):
        library().get("one")


def test_two_copies_of_one_pack_are_one_pack(write, library) -> None:
    write("one", folder="a")
    write("one", folder="b")
    assert library().get("one").id == "one"


# -- installed packs


@pytest.fixture
def distribution(tmp_path, monkeypatch):
    """Installs a made-up distribution whose packs lie in its package; importing the package is an error."""

    def install(name: str, packs: dict[str, str], *, listed: bool = True) -> Path:
        site = tmp_path / f"site-{name}"
        package = name.replace("-", "_")
        files = {f"{package}/__init__.py": "raise RuntimeError('imported')", **packs}
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        files[f"{info}/entry_points.txt"] = f"[payerpack.packs]\n{name} = {package}.packs\n"
        if listed:
            files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files)
        for path, text in files.items():
            file = site / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        monkeypatch.syspath_prepend(str(site))
        return site

    return install


PACK = 'schema = 1\n[pack]\nid = "{id}"\nversion = "{version}"\ntitle = "{title}"\n'


@pytest.mark.parametrize("listed", [True, False])
def test_the_packs_of_a_distribution_are_found_without_running_its_code(distribution, listed) -> None:
    text = PACK.format(id="acme", version="1.0", title="installed")
    distribution("payerpack-acme", {"payerpack_acme/packs/acme/pack.toml": text}, listed=listed)
    (header,) = Library().versions("acme")
    assert (header.title, header.distribution) == ("installed", "payerpack-acme 1.0")


def test_a_pack_given_by_hand_hides_the_installed_one_of_its_version(distribution, write) -> None:
    packs = {
        "payerpack_acme/packs/one/pack.toml": PACK.format(id="acme", version="2026.1", title="installed"),
        "payerpack_acme/packs/two/pack.toml": PACK.format(id="acme", version="2026.2", title="installed"),
    }
    distribution("payerpack-acme", packs)
    by_hand = Library([write("acme", head='title = "by hand"')])
    assert [(header.version, header.title) for header in by_hand.versions("acme")] == [
        ("2026.2", "installed"),
        ("2026.1", "by hand"),
    ]


def test_two_distributions_that_bring_one_pack_with_different_contents_are_both_named(distribution) -> None:
    for name in ("payerpack-acme", "payerpack-bcme"):
        text = PACK.format(id="acme", version="2026.1", title=name)
        distribution(name, {f"{name.replace('-', '_')}/packs/acme/pack.toml": text})
    with pytest.raises(PackError, match=r"payerpack-acme 1\.0 and payerpack-bcme 1\.0 both bring version 2026\.1"):
        Library().get("acme")


def test_an_entry_point_that_names_no_folder_is_a_problem_of_its_distribution(distribution) -> None:
    distribution("payerpack-acme", {})
    found = [problem for problem in Library().problems() if "payerpack-acme" in problem.location]
    assert [problem.message for problem in found] == [
        'its entry point "payerpack-acme" names payerpack_acme.packs, and it holds no such folder'
    ]


def test_a_library_can_do_without_installed_packs(distribution, write) -> None:
    text = PACK.format(id="acme", version="1.0", title="installed")
    distribution("payerpack-acme", {"payerpack_acme/packs/acme/pack.toml": text})
    assert [header.id for header in Library([write("one")], installed=False).all()] == ["one"]


def test_the_packs_of_the_core_are_those_of_the_repository_or_the_wheel() -> None:
    assert discovery.shipped_folder().name == "policy_packs"
    assert discovery.shipped_folder().is_dir()
