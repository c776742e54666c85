import importlib.metadata
import subprocess
import sys
import zipfile

import pytest

from payerpack.installed import EntryPoint, entry_points

GROUP = "payerpack.packs"
POINTS = f"""\
[console_scripts]
acme = acme:main

# what it brings
[{GROUP}]
acme-east = payerpack_acme.east
acme-west=payerpack_acme.west
"""


@pytest.fixture
def install(tmp_path):
    """Writes the metadata of a distribution into a folder of the path, and returns the folder."""

    def install(name="Payerpack-Acme", version="1.2", points=POINTS, *, site="site", info="", metadata="METADATA"):
        folder = tmp_path / site / (info or f"{name.replace('-', '_').lower()}-{version}.dist-info")
        folder.mkdir(parents=True)
        (folder / metadata).write_text(
            f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n\nName: not this one\n", "utf-8"
        )
        if points:
            (folder / "entry_points.txt").write_text(points, "utf-8")
        return tmp_path / site

    return install


def found(*path):
    return [tuple(point[:5]) for point in entry_points([GROUP], [str(folder) for folder in path])]


EAST = (GROUP, "acme-east", "payerpack_acme.east", "Payerpack-Acme", "1.2")
WEST = (GROUP, "acme-west", "payerpack_acme.west", "Payerpack-Acme", "1.2")


def test_the_entry_points_of_a_group_are_read_with_their_distribution(install):
    assert found(install()) == [EAST, WEST]


def test_a_distribution_says_where_it_is_installed_and_where_it_came_from(install):
    site = install()
    (site / "payerpack_acme-1.2.dist-info" / "direct_url.json").write_text("{}", "utf-8")

    assert next(entry_points([GROUP], [str(site)])) == EntryPoint(*EAST, site, "{}")


def test_metadata_of_setuptools_is_read_too(install):
    assert found(install(info="payerpack_acme.egg-info", metadata="PKG-INFO")) == [EAST, WEST]


def test_of_a_distribution_that_is_on_the_path_twice_the_first_counts_even_without_entry_points(install):
    first, second = install(points="", site="a"), install(version="2.0", site="b")

    assert found(first, second) == []
    assert [point[4] for point in found(second, first)] == ["2.0", "2.0"]


def test_folders_that_are_not_there_and_files_that_cannot_be_read_are_passed_over(install, tmp_path):
    site = install()
    (site / "broken-1.0.dist-info").mkdir()
    (site / "broken-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff[payerpack.packs]")

    assert found(tmp_path / "nowhere", site) == [EAST, WEST]


def test_a_zip_on_the_path_is_read_as_python_reads_it(install, tmp_path):
    site, file = install(), tmp_path / "plugins.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for member in site.rglob("*"):
            if member.is_file():
                archive.write(member, member.relative_to(site).as_posix())

    assert found(file) == [EAST, WEST]


def test_a_finder_of_an_embedding_program_is_asked(install, monkeypatch):
    site = install()

    class Finder:
        @staticmethod
        def find_spec(*_):
            return None

        @staticmethod
        def find_distributions(_context):
            return [importlib.metadata.PathDistribution(site / "payerpack_acme-1.2.dist-info")]

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])

    assert EAST in [point[:5] for point in entry_points([GROUP])]


def test_what_is_installed_here_is_what_importlib_finds():
    groups = ("payerpack.plugins", "payerpack.packs", "pytest11")
    theirs = {
        (point.group, point.name, point.value, point.dist.name, point.dist.version)
        for group in groups
        for point in importlib.metadata.entry_points(group=group)
    }

    assert {point[:5] for point in entry_points(groups)} == theirs


def test_looking_takes_no_import_of_importlib_metadata():
    code = (
        "import sys; from payerpack.installed import entry_points; assert list(entry_points(['payerpack.plugins']));"
        "assert 'importlib.metadata' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
