from decimal import Decimal
from pathlib import Path

import pytest

from payerpack.packs.toml import Document, parse_toml, read_toml

FILE = Path("pack.toml")


def parsed(text: str) -> Document:
    return parse_toml(FILE, text.encode())


def only(text: str) -> tuple[str, tuple[int, int] | None]:
    (fault,) = parsed(text).faults
    return fault.code, fault.position


def test_numbers_with_a_point_keep_every_digit() -> None:
    assert parsed("a = 178.10").data == {"a": Decimal("178.10")}


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert parse_toml(FILE, b"\xef\xbb\xbfa = 1\r\nb = 2\r\n") == Document(FILE, {"a": 1, "b": 2})


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    assert [fault.code for fault in read_toml(tmp_path / "none.toml").faults] == ["PP005"]


def test_bytes_that_are_not_utf_8_are_a_fault_at_the_first_of_them() -> None:
    (fault,) = parse_toml(FILE, b"a = 1\nb = '\xe9'").faults
    assert (fault.code, fault.position) == ("PP004", (2, 6))


def test_a_syntax_fault_stands_where_the_parser_stopped() -> None:
    assert only("a = 1\nb = = 2") == ("PP001", (2, 5))


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = 2\na = 3\n", 3), ("[a]\nx = 1\n[a]\ny = 2", 3), ("a.b = 1\na = 2", 2)]
)
def test_what_is_defined_twice_is_reported_at_the_second_place(text: str, line: int) -> None:
    code, position = only(text)
    assert (code, position) == ("PP003", (line, 1))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a = { b = 1,\n c = 2 }", (1, 13)),
        ("a = { b = 1, }", (1, 12)),
        ('a = "\\e"', (1, 6)),
        ('a = "\\\\\\x41"', (1, 8)),
        ("a = 07:30", (1, 5)),
        ("a = 2026-01-01T07:30", (1, 16)),
        ("a = [{ b = 1,\n}]", (1, 14)),
    ],
)
def test_what_only_toml_1_1_allows_is_refused(text: str, position: tuple[int, int]) -> None:
    code, found = only(text)
    assert (code, found) == ("PP002", position)


@pytest.mark.parametrize(
    "text",
    [
        "a = { b = [\n1,\n2,\n] }",
        "a = 07:30:00",
        "a = 2026-01-01T00:00:00-08:00",
        'a = "\\\\e \\\\x41 12:30 { ,}"',
        "a = '\\e'",
        "# { , } \\e 07:30\na = 1",
        'a = """\n{ ,\n}"""',
        "'{' = 1",
    ],
)
def test_what_toml_1_0_allows_is_accepted(text: str) -> None:
    assert parsed(text).faults == ()
