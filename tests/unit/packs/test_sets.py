import pytest

from payerpack.codes import CodeSet
from payerpack.packs.load import read_pack
from payerpack.packs.model import Place, Table
from payerpack.packs.sets import SetResolver

TABLE = "tables/bone.csv"


@pytest.fixture
def sets(tmp_path):
    def resolve(written, inherited=None, rows=()):
        file = tmp_path / TABLE
        tables = {file: Table(file, ("code", "note"), tuple(rows), tuple(range(2, 2 + len(rows))))}
        places = {name: (value, Place(tmp_path / "pack.toml", ("codes", name))) for name, value in written.items()}
        resolver = SetResolver(places, tables, tmp_path, inherited if inherited is not None else {})
        return resolver.all(), resolver.faults

    return resolve


def test_a_set_holds_codes_ranges_and_prefixes(sets) -> None:
    found, faults = sets({"a": ["76377", "70450-70452", "S32*"]})
    assert faults == []
    assert [code in found["a"] for code in ("76377", "70451", "S32401A", "70453", "S33")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_codes_are_read_in_the_one_spelling(sets) -> None:
    assert "S32401A" in sets({"a": ["s32.401a"]})[0]["a"]


def test_a_set_may_name_others_wherever_they_are_written(sets) -> None:
    found, _ = sets({"a": ["@z", "1"], "z": ["2"]})
    assert sorted(found["a"]) == ["1", "2"]


def test_exclusions_take_codes_ranges_prefixes_and_sets_out(sets) -> None:
    found, _ = sets({"a": ["70450-70454", "S32*", "!70450", "!70452-70453", "!S320*", "!@z"], "z": ["70454"]})
    inside = [code in found["a"] for code in ("70450", "70451", "70452", "70454", "S3201", "S321")]
    assert inside == [False, True, False, False, False, True]


def test_an_exclusion_wins_whatever_the_order(sets) -> None:
    assert sets({"a": ["!1", "1", "2"]})[0]["a"] == sets({"a": ["2", "1", "!1"]})[0]["a"]


def test_what_a_named_set_excludes_may_come_in_by_another_entry(sets) -> None:
    found, _ = sets({"a": ["@z", "2"], "z": ["1-3", "!2"]})
    assert sorted(found["a"]) == ["1", "2", "3"]


def test_a_set_may_be_a_column_of_a_table(sets) -> None:
    found, faults = sets({"a": {"table": TABLE, "column": "code"}}, rows=[("78300", "x"), ("78305-78307", "y")])
    assert (sorted(found["a"]), faults) == (["78300", "78305", "78306", "78307"], [])


def test_a_bad_code_in_a_table_is_reported_at_its_row(sets) -> None:
    _, faults = sets({"a": {"table": TABLE, "column": "code"}}, rows=[("78300", ""), ("?", "")])
    assert [(fault.code, fault.position) for fault in faults] == [("PP201", (3, 1))]


def test_a_parents_set_can_be_named_and_one_of_its_own_hides_it(sets) -> None:
    parents = {"p": CodeSet.parse(["1"]), "base:p": CodeSet.parse(["1"])}
    assert sorted(sets({"a": ["@p"]}, parents)[0]["a"]) == ["1"]
    own, _ = sets({"a": ["@p"], "p": ["2"], "b": ["@base:p"]}, parents)
    assert (sorted(own["a"]), sorted(own["b"])) == (["2"], ["1"])


def test_a_set_that_refers_to_itself_is_reported_once_with_the_ring(sets) -> None:
    _, faults = sets({"a": ["1", "@b"], "b": ["@c"], "c": ["2", "@a"]})
    (fault,) = faults
    assert (fault.code, "@a > @b > @c > @a" in fault.message) == ("PP205", True)


def test_a_large_set_is_read_in_time_that_grows_with_its_length(sets) -> None:
    codes = [f"{number:05d}" for number in range(60_000)]
    found, faults = sets({"a": codes})
    assert (len(found["a"].codes), faults) == (60_000, [])


def test_a_name_that_only_a_parent_may_have_is_left_for_later(write) -> None:
    body = '[codes]\na = ["@parents"]\n'
    assert read_pack(write(body=body, head='extends = "base"')).faults == ()
    assert [fault.code for fault in read_pack(write(body=body)).faults] == ["PP204"]
