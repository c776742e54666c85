from payerpack.packs.spans import position, spans

TEXT = """# comment = "not a key"
title = "a # b"  # comment
"quoted key".x = 'lit'

[a.b]
x = { y = [1, 2, { z = "q" }], w.v = \"\"\"multi
line "" end\"\"\" }
[[rule]]
id = "one"
when.code = "1"
[[rule]]
id = "two"
[rule.then]
action = "deny"
"""


def shown(path: tuple[str | int, ...]) -> tuple[str, str]:
    span = spans(TEXT)[path]
    key = "" if span.key is None else TEXT[slice(*span.key)]
    return key, TEXT[slice(*span.value)]


def test_a_value_is_found_where_it_is_written() -> None:
    assert shown(("title",)) == ("title", '"a # b"')


def test_a_quoted_key_is_found_by_its_name_and_shown_as_written() -> None:
    assert shown(("quoted key", "x")) == ("x", "'lit'")
    assert shown(("quoted key",)) == ('"quoted key"', "'lit'")


def test_an_element_of_a_list_has_a_value_and_no_key() -> None:
    assert shown(("a", "b", "x", "y", 1)) == ("", "2")


def test_values_inside_inline_tables_inside_lists_are_found() -> None:
    assert shown(("a", "b", "x", "y", 2, "z")) == ("z", '"q"')


def test_a_multi_line_string_with_quotes_in_it_is_one_value() -> None:
    assert shown(("a", "b", "x", "w", "v")) == ("v", '"""multi\nline "" end"""')


def test_every_table_of_a_list_of_tables_has_its_own_place() -> None:
    assert shown(("rule", 0, "id")) == ("id", '"one"')
    assert shown(("rule", 1, "id")) == ("id", '"two"')


def test_a_header_below_a_list_of_tables_belongs_to_the_last_of_them() -> None:
    assert shown(("rule", 1, "then", "action")) == ("action", '"deny"')


def test_a_table_that_dotted_keys_imply_is_found_at_its_first_key() -> None:
    assert shown(("rule", 0, "when")) == ("when", '"1"')


def test_a_table_under_a_header_is_found_at_the_header() -> None:
    assert shown(("a", "b")) == ("b", "b")
    assert shown(("rule", 1)) == ("rule", "rule")


def test_lines_and_columns_count_from_one() -> None:
    assert position("ab\ncd", 0) == (1, 1)
    assert position("ab\ncd", 3) == (2, 1)
    assert position("ab\ncd", 4) == (2, 2)
