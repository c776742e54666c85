from __future__ import annotations

import datetime as dt

import pytest

from payerpack.baseline.editions import import_files, open_edition
from payerpack.errors import DataError

ROW = "70450\t76376\t\t20240101\t*\t1\tMutually exclusive procedures"
ROWS = (
    [ROW],
    ["70460\t76376\t\t20240101\t20240331\t0\tMisuse of Column Two code with Column One code"],
    ["70470\t76376\t\t20240101\t20240101\t9\tMore extensive procedure"],
    ["76377\t76376\t*\t19960101\t*\t0\tSequential procedure"],
)


def messages(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [str(problem) for problem in error.value.problems]


def test_the_four_files_of_a_release_are_read_in_any_order(ptp_set, tmp_path):
    files = ptp_set(*ROWS)
    summary = import_files(files[::-1], tmp_path / "root")
    assert [(t.label, t.rows) for t in summary.tables] == [("NCCI-PTP-PRA v30.2", 4)]
    assert len(open_edition(tmp_path / "root").ptp("practitioner")) == 4


def test_the_order_of_the_files_does_not_change_the_edition(ptp_set, tmp_path):
    files = ptp_set(*ROWS)
    assert import_files(files, tmp_path / "a").id == import_files(files[::-1], tmp_path / "b").id


def test_every_window_of_every_pair_is_kept(edition, ptp_files):
    wanted = set()
    for path in ptp_files:
        for line in path.read_text("latin-1").splitlines()[6:]:
            column1, column2, _, effective, deletion, indicator, _ = line.split("\t")
            wanted.add((column1, column2, effective, deletion, indicator))
    held = {
        (
            row.column1,
            row.column2,
            f"{row.effective:%Y%m%d}",
            f"{row.deletion:%Y%m%d}" if row.deletion else "*",
            row.indicator,
        )
        for row in edition.ptp("practitioner").rows()
    }
    assert held == wanted


def test_the_hospital_files_are_a_table_of_their_own(ptp_set, tmp_path):
    import_files(ptp_set(*ROWS, setting="oph"), tmp_path / "root")
    edition = open_edition(tmp_path / "root")
    assert edition.ptp("practitioner") is None
    assert edition.ptp("hospital").label() == "NCCI-PTP-OPH v30.2"


def test_coverage_runs_from_the_first_effective_date_to_the_end_of_the_quarter(ptp_set, tmp_path):
    import_files(ptp_set(*ROWS), tmp_path / "root")
    table = open_edition(tmp_path / "root").ptp("practitioner")
    assert (table.first, table.last) == (dt.date(1996, 1, 1), dt.date(2024, 9, 30))
    assert table.covers(dt.date(2024, 9, 30))
    assert not table.covers(dt.date(2024, 10, 1))


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_a_missing_file_of_the_set_is_an_error_that_names_it(ptp_set, tmp_path, missing):
    files = ptp_set(*ROWS)
    del files[missing]
    with pytest.raises(DataError) as error:
        import_files(files, tmp_path / "root")
    assert f"f{missing + 1} of v302r0 missing" in str(error.value)
    assert not (tmp_path / "root").exists()


def test_a_file_given_twice_is_an_error(ptp_set, write, tmp_path):
    files = ptp_set(*ROWS)
    twin = write("copy-of-ccipra-v302r0-f2.txt", files[1].read_bytes())
    with pytest.raises(DataError, match="f2 given more than once"):
        import_files([*files, twin], tmp_path / "root")


def test_the_same_path_given_twice_is_read_once(ptp_set, tmp_path):
    files = ptp_set(*ROWS)
    assert import_files([*files, files[0]], tmp_path / "root").tables[0].rows == 4


def test_files_of_two_releases_are_an_error_that_names_both(ptp_set, tmp_path):
    files = ptp_set(*ROWS)
    newer = ptp_set(*ROWS, version="v303")
    with pytest.raises(DataError, match="v302r0, v303r0"):
        import_files([*files[:2], *newer[2:]], tmp_path / "root")


def test_overlapping_windows_of_a_pair_are_an_error_that_names_the_pair(ptp_set, tmp_path):
    overlapping = ["70450\t76376\t\t20240101\t20240630\t1\tx", "70450\t76376\t\t20240630\t*\t0\tx"]
    with pytest.raises(DataError, match="pair 70450/76376 overlap"):
        import_files(ptp_set(overlapping, *ROWS[1:]), tmp_path / "root")


def test_windows_that_follow_each_other_day_by_day_do_not_overlap(ptp_set, tmp_path):
    following = ["70450\t76376\t\t20240701\t*\t0\tx", "70450\t76376\t\t20240101\t20240630\t1\tx"]
    import_files(ptp_set(following, *ROWS[1:]), tmp_path / "root")
    windows = open_edition(tmp_path / "root").ptp("practitioner").windows("70450", "76376")
    assert [(w.effective, w.deletion) for w in windows] == [
        (dt.date(2024, 1, 1), dt.date(2024, 6, 30)),
        (dt.date(2024, 7, 1), None),
    ]


def test_a_row_that_was_never_in_force_overlaps_nothing(ptp_set, tmp_path):
    rows = ["70450\t76376\t\t20240101\t*\t1\tx", "70450\t76376\t\t20240701\t20240701\t9\tx"]
    assert import_files(ptp_set(rows, *ROWS[1:]), tmp_path / "root").tables[0].rows == 5


def test_a_row_that_ends_before_it_begins_is_counted_and_answers_nothing(ptp_set, tmp_path):
    rows = [ROW, "70450\t76377\t\t20240101\t20231231\t1\tx"]
    table = import_files(ptp_set(rows, *ROWS[1:]), tmp_path / "root").tables[0]
    assert dict(table.notes)["rows that end before they begin"] == 1
    ptp = open_edition(tmp_path / "root").ptp("practitioner")
    assert ptp.lookup("70450", "76377", dt.date(2024, 1, 1)) is None


def test_an_unknown_rationale_is_counted_and_kept_as_other(ptp_set, tmp_path):
    table = import_files(ptp_set(["70450\t76376\t\t20240101\t*\t1\tSome new reason"], *ROWS[1:]), tmp_path / "root")
    assert dict(table.tables[0].notes)["rationale not in the vocabulary"] == 1
    row = open_edition(tmp_path / "root").ptp("practitioner").windows("70450", "76376")[0]
    assert row.rationale == "other"


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("7045\t76376\t\t20240101\t*\t1\tx", "column 1", "7045"),
        ("70450\t7637x\t\t20240101\t*\t1\tx", "column 2", "7637x"),
        ("70450\t76376\t\t20241301\t*\t1\tx", "effective date", "20241301"),
        ("70450\t76376\t\t20240101\tnever\t1\tx", "deletion date", "never"),
        ("70450\t76376\t\t20240101\t*\t2\tx", "modifier indicator", "2"),
        ("70450\t70450\t\t20240101\t*\t1\tx", "column 2", "paired with itself"),
    ],
)
def test_a_malformed_row_is_an_error_with_file_row_and_column(ptp_set, tmp_path, row, column, value):
    with pytest.raises(DataError) as error:
        import_files(ptp_set([ROW, row], *ROWS[1:]), tmp_path / "root")
    (message,) = messages(error)
    assert message.startswith(f"ccipra-v302r0-f1.txt:3: {column}: ")
    assert value in message


def test_a_pair_of_a_code_with_itself_is_found_among_rows_seen_before(ptp_set, tmp_path):
    rows = [ROW, "76376\t70450\t\t20240101\t*\t1\tMutually exclusive procedures", ROW.replace("76376", "70450")]
    with pytest.raises(DataError, match=r"f1\.txt:4: column 2: 70450 is paired with itself"):
        import_files(ptp_set(rows, *ROWS[1:]), tmp_path / "root")


def test_a_file_cut_off_within_a_row_is_an_error(ptp_set, tmp_path):
    files = ptp_set(*ROWS)
    files[2].write_bytes(files[2].read_bytes() + b"70470\t76377\t\t2024")
    with pytest.raises(DataError, match=r"f3.txt:3: the row has 4 fields where a PTP file has 7"):
        import_files(files, tmp_path / "root")


def test_all_problems_of_all_files_are_told_at_once(ptp_set, tmp_path):
    bad = "70450\t76376\t\t2024\t*\t5\tx"
    with pytest.raises(DataError) as error:
        import_files(ptp_set([ROW, bad], [ROW, bad], ROWS[2], ROWS[3]), tmp_path / "root")
    assert len(error.value.problems) >= 4


def test_a_file_in_the_wrong_layout_is_not_reported_row_by_row(ptp_set, tmp_path):
    bad = ["70450\t76376\t\t2024\t*\t5\tx"] * 100
    with pytest.raises(DataError) as error:
        import_files(ptp_set([ROW, *bad], *ROWS[1:]), tmp_path / "root")
    assert len(error.value.problems) < 30


def test_a_file_without_edits_is_an_error(ptp_set, tmp_path):
    with pytest.raises(DataError, match="holds no row of edits"):
        import_files(ptp_set([], *ROWS[1:]), tmp_path / "root")


def test_files_whose_ranges_overlap_are_an_error(ptp_set, tmp_path):
    with pytest.raises(DataError, match=r"f2\.txt: begins with 70450/76377 although"):
        import_files(ptp_set(ROWS[1], ["70450\t76377\t\t20240101\t*\t1\tx"], *ROWS[2:]), tmp_path / "root")


PAGE = """<li><a href="/license/ama?file=/files/zip//medicare-ncci-2024q3-practitioner-ptp-edits-ccipra-v302r0-f{part}.zip">
Practitioner PTP Edits v302r0 ({rows} Records) {first} &nbsp;--&nbsp; {last}</a></li>"""


def page(rows_of_first: str = "1", last_of_first: str = "70450/76376") -> str:
    links = [(rows_of_first, "70450/76376", last_of_first)]
    links += [("1", f"{code}/76376", f"{code}/76376") for code in ("70460", "70470", "76377")]
    return "\n".join(PAGE.format(part=n, rows=r, first=a, last=b) for n, (r, a, b) in enumerate(links, 1))


def test_a_saved_page_of_cms_confirms_counts_and_ranges(ptp_set, write, tmp_path):
    saved = write("ptp-edits.html", page())
    assert import_files([*ptp_set(*ROWS), saved], tmp_path / "root").tables[0].rows == 4


def test_a_count_that_differs_from_the_page_is_an_error(ptp_set, write, tmp_path):
    saved = write("ptp-edits.html", page(rows_of_first="675,037"))
    with pytest.raises(DataError, match=r"f1.txt: holds 1 rows where CMS's page says 675,037"):
        import_files([*ptp_set(*ROWS), saved], tmp_path / "root")


def test_a_range_that_differs_from_the_page_is_an_error(ptp_set, write, tmp_path):
    saved = write("ptp-edits.html", page(last_of_first="70450/G0471"))
    with pytest.raises(DataError, match=r"f1.txt: ends with 70450/76376 where CMS's page says 70450/G0471"):
        import_files([*ptp_set(*ROWS), saved], tmp_path / "root")


def test_a_page_that_names_no_ptp_file_is_refused(ptp_set, write, tmp_path):
    with pytest.raises(DataError, match=r"page\.html: names no PTP file"):
        import_files([*ptp_set(*ROWS), write("page.html", "<p>nothing</p>")], tmp_path / "root")


def test_a_file_of_a_full_release_that_was_cut_off_between_rows_is_an_error(ptp_set, tmp_path):
    def rows(code: str, count: int) -> list[str]:
        return [f"{code}\t{number:05d}\t\t20240101\t*\t1\tx" for number in range(count)]

    parts = rows("A0001", 40_000), rows("A0002", 25_000), rows("A0003", 40_000), rows("A0004", 20_000)
    with pytest.raises(DataError, match=r"f2\.txt: holds 25,000 rows where a file of its set holds 40,000"):
        import_files(ptp_set(*parts), tmp_path / "root")


MEDICAID = (
    "Notice\r\nNotice\r\nCol1\tCol2\tEffDt\tDelDt\tModifierIndicator\tPTP Edit Rationale\r\n"
    "E0100\tE0105\t20240101\t\t1\tMutually exclusive procedures\r\n"
    "E0110\tE0105\t20240101\t20240331\t0\tMutually exclusive procedures\r\n"
)


def test_medicaid_rows_lack_the_mark_and_leave_the_deletion_blank(zipped, tmp_path):
    path = zipped("medicaid-ncci-2026-q3-ptp-edits-durable-medical-equipment.zip", {"PTP_DME.txt": MEDICAID})
    import_files([path], tmp_path / "root")
    edition = open_edition(tmp_path / "root")
    table = edition.ptp("dme", program="medicaid")
    assert table.label() == "NCCI-PTP-DME-MCD 2026Q3"
    assert [(row.column1, row.effective, row.deletion, row.indicator) for row in table.rows()] == [
        ("E0100", dt.date(2024, 1, 1), None, "1"),
        ("E0110", dt.date(2024, 1, 1), dt.date(2024, 3, 31), "0"),
    ]
    assert edition.ptp("dme") is None


def test_medicaid_dates_may_be_year_and_day_of_the_year(zipped, tmp_path):
    text = MEDICAID.replace("20240101", "2024001").replace("20240331", "2024091")
    name = "medicaid-ncci-2026-q3-ptp-edits-durable-medical-equipment.zip"
    import_files([zipped(name, {"PTP_DME.txt": text})], tmp_path / "a")
    import_files([zipped(name, {"PTP_DME.txt": MEDICAID})], tmp_path / "b")
    assert open_edition(tmp_path / "a").id == open_edition(tmp_path / "b").id
    (last,) = open_edition(tmp_path / "a").ptp("dme", program="medicaid").windows("E0110", "E0105")
    assert last.deletion == dt.date(2024, 3, 31)


def test_a_date_as_day_of_the_year_is_malformed_in_medicares_files(ptp_set, tmp_path):
    with pytest.raises(DataError, match="effective date: '2024001' is no date"):
        import_files(ptp_set([ROW, ROW.replace("20240101", "2024001")], *ROWS[1:]), tmp_path / "root")
