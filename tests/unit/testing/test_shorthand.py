import pytest

from payerpack.testing.shorthand import read_lines


def only(text):
    (line,) = read_lines(text)
    return line


def test_a_code_is_a_line():
    assert read_lines("72192") == [{"number": 1, "code": "72192", "modifiers": []}]


def test_lines_are_numbered_in_the_order_written():
    assert [(line["number"], line["code"]) for line in read_lines("72192 76377")] == [(1, "72192"), (2, "76377")]


@pytest.mark.parametrize(
    ("mark", "key", "value"),
    [
        ("-26", "modifiers", ["26"]),
        ("-26-59", "modifiers", ["26", "59"]),
        ("x2", "units", "2"),
        ("x0.5", "units", "0.5"),
        ("$310.50", "charge", "310.50"),
        ("@2026-03-02", "service_date", "2026-03-02"),
        ("@2026-03-02..2026-03-04", "service_date_end", "2026-03-04"),
        ("/22", "place_of_service", "22"),
        ("#0350", "revenue_code", "0350"),
        (":1,3", "diagnosis_pointers", [1, 3]),
        ("^1", "base_line", 1),
    ],
)
def test_a_mark_says_something_of_its_line(mark, key, value):
    assert only(f"76377{mark}")[key] == value


def test_marks_may_follow_each_other_in_any_order():
    assert only("76377-26/22x2@2026-03-02$5") == {
        "number": 1, "code": "76377", "modifiers": ["26"], "place_of_service": "22", "units": "2",
        "service_date": "2026-03-02", "charge": "5",
    }  # fmt: skip


def test_a_mark_that_stands_alone_is_every_lines_wherever_it_stands():
    assert [line["service_date"] for line in read_lines("72192 @2026-03-02 76377")] == ["2026-03-02", "2026-03-02"]


def test_a_line_keeps_its_own_mark():
    first, second = read_lines("72192@2026-03-01 76377 @2026-03-02 x3")

    assert (first["service_date"], second["service_date"], second["units"]) == ("2026-03-01", "2026-03-02", "3")


def test_a_day_of_its_own_leaves_no_room_for_the_end_of_everybodys():
    first, second = read_lines("72192@2026-03-01 76377 @2026-03-02..2026-03-04")

    assert "service_date_end" not in first
    assert second["service_date_end"] == "2026-03-04"


def test_a_revenue_code_alone_is_a_line_without_a_code():
    assert only("#0450") == {"number": 1, "revenue_code": "0450"}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no line"),
        ("@2026-03-02", "no line"),
        ("foo", "is no line and no mark"),
        ("76377y", '"y" in "76377y" is no mark'),
        ("72192 @2026", '"@2026" in "@2026" is no mark'),
        ("76377x1x2", "gives units twice"),
        ("76377#0350#0360", "gives revenue_code twice"),
    ],
)
def test_what_is_no_shorthand_is_refused_with_the_word_that_is_wrong(text, what):
    with pytest.raises(ValueError, match="line") if what == "no line" else pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        read_lines(text)

    assert what in str(caught.value)
