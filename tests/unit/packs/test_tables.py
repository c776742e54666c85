import sys

import pytest

from payerpack.packs.tables import outside, read_table, table_references


def read(tmp_path, content):
    file = tmp_path / "t.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(file)


def test_a_table_is_its_columns_and_rows_as_text(tmp_path) -> None:
    table, faults = read(tmp_path, 'code, note\n76377,"a, b"\n\n 76376 ,02\n')
    assert (table.columns, table.rows) == (("code", "note"), (("76377", "a, b"), ("76376", "02")))
    assert (table.lines, faults) == ((2, 4), [])


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfcode\r\n1\r\n")[0].columns == ("code",)


def test_every_ragged_row_is_reported_at_its_line(tmp_path) -> None:
    _, faults = read(tmp_path, "code,max\n1\n1,2\n1,2,3\n")
    assert [(fault.code, fault.position) for fault in faults] == [("PP303", (2, 1)), ("PP303", (4, 1))]


def test_a_column_named_twice_is_reported(tmp_path) -> None:
    _, faults = read(tmp_path, "code,code\n1,2\n")
    assert [(fault.code, fault.position) for fault in faults] == [("PP303", (1, 1))]


def test_a_table_of_nothing_but_a_header_is_empty_and_sound(tmp_path) -> None:
    table, faults = read(tmp_path, "code\n")
    assert (table.rows, faults) == ((), [])


def test_tables_are_found_wherever_a_tree_names_them() -> None:
    tree = {"a": [{"table": "x.csv"}], "b": {"c": {"table": "y.csv"}}, "table": "z.csv"}
    assert [(name, path) for name, _, path in table_references(tree)] == [
        ("z.csv", ()),
        ("x.csv", ("a", 0)),
        ("y.csv", ("b", "c")),
    ]


def test_names_that_lead_out_of_the_pack_are_told_apart(tmp_path) -> None:
    names = ["tables/a.csv", "../a.csv", "tables/../../a.csv", "/a.csv", "C:/a.csv", "..\\a.csv", "a..b.csv"]
    assert [outside(name, tmp_path) for name in names] == [False, True, True, True, True, True, False]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_may_stay_in_the_pack_and_not_lead_out_of_it(tmp_path) -> None:
    pack = tmp_path / "linked"
    (tmp_path / "pack" / "tables").mkdir(parents=True)
    pack.symlink_to(tmp_path / "pack")
    (pack / "tables" / "a.csv").write_text("code\n")
    (pack / "tables" / "b.csv").symlink_to("a.csv")
    (pack / "tables" / "c.csv").symlink_to(tmp_path / "secret.csv")
    (pack / "tables" / "d.csv").symlink_to("d.csv")
    assert [outside(f"tables/{name}.csv", pack) for name in "abcd"] == [False, False, True, False]
