import pytest

from payerpack.errors import PackError, PluginError
from payerpack.plugins.catalog import BLOCK, Catalog, Installed, blocked_names, catalog


@pytest.fixture
def install(tmp_path):
    """Writes the metadata of a distribution and returns the catalog of everything written so far."""

    def install(name, version="1.2", *, plugins=None, packs=None, folder="site", direct_url=""):
        metadata = tmp_path / folder / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        groups = {"payerpack.plugins": plugins or {}, "payerpack.packs": packs or {}, "console_scripts": {"x": "x:x"}}
        (metadata / "entry_points.txt").write_text(
            "".join(
                f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
                for group, points in groups.items()
                if points
            )
        )
        if direct_url:
            (metadata / "direct_url.json").write_text(direct_url)
        return Catalog.scan(sorted(str(path) for path in tmp_path.iterdir()))

    return install


def test_plugins_and_pack_folders_are_found_by_their_groups(install, tmp_path):
    found = install("payerpack-acme", plugins={"acme": "payerpack_acme.plugin"}, packs={"acme": "payerpack_acme.packs"})

    assert found == Catalog(
        (
            Installed(
                "acme", "payerpack_acme.plugin", "payerpack.plugins", "payerpack-acme", "1.2", str(tmp_path / "site")
            ),
        ),
        (
            Installed(
                "acme", "payerpack_acme.packs", "payerpack.packs", "payerpack-acme", "1.2", str(tmp_path / "site")
            ),
        ),
    )


def test_an_editable_installation_is_located_at_its_source(install):
    found = install(
        "payerpack-acme",
        plugins={"acme": "a"},
        direct_url='{"url": "file:///home/dev/pp%20acme", "dir_info": {"editable": true}}',
    )

    assert found.plugins[0].location == "/home/dev/pp acme"


def test_the_order_of_the_catalog_is_by_name_and_not_that_of_the_disk(install):
    install("payerpack-b", plugins={"b": "b"})
    install("payerpack-c", plugins={"c": "c"})

    found = install("payerpack-a", plugins={"a": "a"})

    assert [one.name for one in found.plugins] == ["a", "b", "c"]


def test_a_distribution_that_is_on_the_path_twice_counts_where_it_is_found_first(install):
    install("payerpack-acme", "1.0", plugins={"acme": "acme"}, folder="a")

    found = install("payerpack_acme", "2.0", plugins={"acme": "acme"}, folder="b")

    assert [one.version for one in found.plugins] == ["1.0"]
    assert found.clashes() == ()


@pytest.mark.parametrize(
    "requirement", ["acme", "Acme >=1,<2", "payerpack-acme", "Payerpack_Acme ~=1.2", "payerpack.acme==1.2"]
)
def test_a_plugin_is_found_by_its_name_or_by_its_distributions_in_any_spelling(install, requirement):
    found = install("payerpack-acme", plugins={"acme": "payerpack_acme"})

    assert found.find(requirement).name == "acme"


def test_a_pre_release_meets_a_range_that_its_version_lies_in(install):
    found = install("payerpack-acme", "1.5rc1", plugins={"acme": "payerpack_acme"})

    assert found.find("acme >=1.2,<2").version == "1.5rc1"


def test_a_missing_plugin_is_refused_with_what_is_installed(install):
    found = install("payerpack-acme", plugins={"acme": "payerpack_acme"})

    with pytest.raises(
        PackError, match=r"no plugin bcbs is installed, only: acme \(payerpack-acme 1\.2\); pip install it"
    ):
        found.find("bcbs >=1")


def test_a_wrong_version_is_refused_with_what_to_install(install):
    found = install("payerpack-acme", plugins={"acme": "payerpack_acme"})

    with pytest.raises(PackError, match=r"payerpack-acme 1\.2 is installed; pip install 'payerpack-acme<3,>=2'"):
        found.find("acme >=2,<3")


@pytest.mark.parametrize("requirement", ["", "acme >=", "acme[x]", "acme; python_version>'3'", "acme @ file:///x"])
def test_a_requirement_that_is_more_than_a_name_and_a_range_is_refused(install, requirement):
    found = install("payerpack-acme", plugins={"acme": "payerpack_acme"})

    with pytest.raises(PackError, match="write it like payerpack-example >=1,<2"):
        found.find(requirement)


def test_one_name_in_two_distributions_is_refused_naming_both(install):
    install("payerpack-one", plugins={"acme": "one"})

    found = install("payerpack-two", plugins={"acme": "two"})

    with pytest.raises(PackError, match=r"acme is acme of payerpack-one 1\.2 and acme of payerpack-two 1\.2"):
        found.find("acme")
    (clash,) = found.clashes()
    assert "payerpack-one 1.2 and payerpack-two 1.2 both provide it" in clash.message


def test_a_distribution_with_two_plugins_must_be_asked_for_one_of_them(install):
    found = install("payerpack-acme", plugins={"acme-east": "east", "acme-west": "west"})

    with pytest.raises(PackError, match="name one of them"):
        found.find("payerpack-acme")
    assert found.find("acme-west").value == "west"


def test_what_cannot_be_imported_is_an_error_that_names_the_distribution(install):
    found = install("payerpack-acme", plugins={"acme": "no_such_module_anywhere"})

    with pytest.raises(
        PluginError, match=r"plugin acme \(payerpack-acme 1\.2\): no_such_module_anywhere cannot be impo"
    ):
        found.find("acme").load()


def test_the_cores_own_baseline_is_in_the_catalog_like_any_plugin():
    assert catalog().find("payerpack-baseline").distribution == "payerpack"


def test_the_catalog_is_read_once():
    assert catalog() is catalog()


def test_names_are_blocked_by_argument_and_by_environment(monkeypatch):
    monkeypatch.setenv(BLOCK, " Payerpack_Acme ,,other")

    assert blocked_names(["Third.One"]) == {"payerpack-acme", "other", "third-one"}


def test_nothing_is_blocked_by_default(monkeypatch):
    monkeypatch.delenv(BLOCK, raising=False)

    assert blocked_names() == frozenset()
