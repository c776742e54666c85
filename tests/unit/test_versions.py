import itertools
import subprocess
import sys

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from payerpack.versions import Range, Release, normalize, parse_requirement

VERSIONS = [
    "0", "0.0", "1", "1.0", "1.0.0", "2", "2.1", "2024.3", "2024.03", "2024.3.0.1", "10.1", "1a1", "2.0rc1",
    "1.0.post1", "1!1.0", "1.0+local", "2.dev1",
]  # fmt: skip
RANGES = [
    "", " ", ">=1", ">= 1 ,<2", "==1.0", "!=2", "~=1.0", "==1.*", ">1,<2.1", "<=2024.3", "<2", ">1", "===1", ">=1,",
    "<2.0rc1",
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [*itertools.product(VERSIONS, VERSIONS)])
def test_versions_compare_as_packaging_compares_them(one, other):
    ours, theirs = (Release(one), Release(other)), (Version(one), Version(other))

    assert [ours[0] < ours[1], ours[0] == ours[1], ours[0] >= ours[1]] == [
        theirs[0] < theirs[1],
        theirs[0] == theirs[1],
        theirs[0] >= theirs[1],
    ]


@pytest.mark.parametrize("text", RANGES)
def test_a_range_holds_the_versions_that_packaging_says(text):
    wanted = SpecifierSet(text)

    held = [version for version in VERSIONS if Release(version) in Range(text)]

    assert held == [version for version in VERSIONS if wanted.contains(version, prereleases=True)]
    assert str(Range(text)) == str(wanted)


@pytest.mark.parametrize("text", ["", "latest", "1..2", "1.x", "v", "2026-"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="nvalid"):
        Release(text)


@pytest.mark.parametrize("text", [">=", "1.0", ">=1 <2", "=>1"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match="nvalid"):
        Range(text)


@pytest.mark.parametrize(
    "text",
    [
        "acme", " acme ", "acme>=1", "acme (>=1)", "Acme_x.y == 1.0", "acme >=1,<2 ", "acme ~=1.2", "acme >1 <2", "acme-",
        "-acme", "", "acme >=", "acme\n>=1", "acme[x]", "acme; python_version>'3'", "acme @ file:///x", "acme >=1;",
    ],
)  # fmt: skip
def test_a_requirement_is_read_as_packaging_reads_it(text):
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        wanted = None
    if wanted is None or wanted.extras or wanted.marker or wanted.url:
        with pytest.raises(ValueError):  # noqa: PT011 - ours or packaging's own
            parse_requirement(text)
    else:
        name, versions = parse_requirement(text)
        assert (name, str(versions)) == (wanted.name, str(wanted.specifier))


def test_names_are_normalised_as_pep_503_says():
    assert normalize("Payerpack._-Acme") == "payerpack-acme"


def test_plain_versions_need_no_import_of_packaging():
    code = (
        "import sys; from payerpack.versions import Range, Release, parse_requirement;"
        "assert Release('2026.1') in Range('>=2024.3,<2027') and Release('1.0') == Release('1');"
        "assert parse_requirement('payerpack-example >=1,<2')[0] == 'payerpack-example';"
        "assert 'packaging' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
