"""Interchanges, groups and transactions: several in one file, faults that cost no claim, and files of other kinds."""

from __future__ import annotations

import io
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import DataError
from payerpack.formats.x12 import FORMAT, read, sniff

x12: Any = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("x12_files.py"))))
BILLING, SUBSCRIBER, CLAIM, LINE = x12.BILLING, x12.SUBSCRIBER, x12.CLAIM, x12.LINE
WHOLE = (BILLING, SUBSCRIBER, CLAIM, LINE)


def one_claim() -> list[str]:
    return x12.transaction(*WHOLE)


def plain_file() -> list[str]:
    return x12.interchange(x12.group(one_claim()))


def test_the_format_reads_and_does_not_write():
    assert (FORMAT.name, FORMAT.sniff, FORMAT.read, FORMAT.write) == ("x12-837", sniff, read, None)


def test_several_transactions_groups_and_interchanges_are_read():
    group = x12.group(one_claim(), one_claim())
    interchange = x12.interchange(group, group)

    assert [claim.id for claim in x12.read_all(x12.file_of(interchange + interchange))] == ["C-1"] * 8


def test_professional_and_institutional_transactions_may_share_a_file():
    hospital = x12.transaction(
        BILLING, SUBSCRIBER, "CLM*H*1***13:A:1 DTP*434*D8*20260301 LX*1 SV2*0120**1*DA*1", version=x12.INSTITUTIONAL
    )

    claims = x12.read_all(x12.file_of(x12.interchange(x12.group(one_claim(), hospital))))

    assert [claim.type for claim in claims] == ["professional", "institutional"]


@pytest.mark.parametrize("version", ["005010X222", "005010X222A1", "005010X222A2"])
def test_every_amendment_of_the_professional_guide_is_read(version):
    assert x12.read_one(*WHOLE, version=version).type == "professional"


def test_the_groups_version_counts_where_the_transaction_has_none():
    segments = [segment.replace("ST*837*0001*005010X222A1", "ST*837*0001") for segment in plain_file()]

    assert len(x12.read_all(x12.file_of(segments))) == 1


def test_each_interchange_has_its_own_separators():
    first, second = x12.file_of(plain_file()), x12.file_of(plain_file(), "\n")
    second = second.translate(bytes.maketrans(b"*:", b"|!"))

    one, two, three = x12.read_all(first + second + first)

    assert one == two == three


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place", "word"),
    [
        ("SE*19*", "SE*18*", "SE-01", "holds 19 segments but SE01 states 18"),
        ("SE*19*", "SE*x*", "SE-01", "states no number"),
        ("SE*19*0001", "SE*19*0002", "SE-02", "control number differs"),
        ("GE*1*", "GE*2*", "GE-01", "holds 1 transactions but GE01 states 2"),
        ("GE*1*1", "GE*1*7", "GE-02", "control number differs"),
        ("IEA*1*", "IEA*3*", "IEA-01", "holds 1 groups but IEA01 states 3"),
        ("IEA*1*000000001", "IEA*1*000000002", "IEA-02", "control number differs"),
    ],
)
def test_a_wrong_count_or_control_number_is_reported_after_the_claims(old, new, place, word):
    segments = [segment.replace(old, new) for segment in plain_file()]

    claims, (problem,) = x12.read_with_faults(x12.file_of(segments))

    assert [type(claim) for claim in claims] == [Claim]
    assert f"({place}): " in problem
    assert word in problem


@pytest.mark.parametrize("lost", ["SE", "GE"])
def test_a_lost_closing_segment_costs_no_claim(lost):
    segments = [segment for segment in plain_file() if not segment.startswith(lost + "*")]

    claims, problems = x12.read_with_faults(x12.file_of(segments + plain_file()))

    assert [type(claim) for claim in claims] == [Claim, Claim]
    assert any(f"the {lost} segment" in problem for problem in problems)


def test_a_file_that_is_cut_rejects_the_claim_that_it_cuts():
    segments = x12.interchange(x12.group(x12.transaction(BILLING, SUBSCRIBER, CLAIM, LINE, CLAIM, LINE)))

    claims, problems = x12.read_with_faults(x12.file_of(segments[:-5]))

    assert [type(claim) for claim in claims] == [Claim, RejectedClaim]
    assert "ends before the end of this claim's transaction" in str(claims[1].problems[0])
    assert problems == [
        (
            "x.837: segment 23 (end of file): the file ends before the IEA segment of its last interchange: it was cut; "
            "send it again"
        )
    ]


def test_a_file_cut_anywhere_loses_no_claim_silently():
    data = x12.file_of(x12.interchange(x12.group(x12.transaction(BILLING, SUBSCRIBER, CLAIM, LINE, CLAIM, LINE))))

    for length in range(len(data) - 3):
        claims, problems = x12.read_with_faults(data[:length])

        assert problems
        assert len(claims) == data[:length].count(b"\nCLM")


def test_a_new_interchange_cuts_the_open_claim():
    claims, _ = x12.read_with_faults(x12.file_of(plain_file()[:-3] + plain_file()))

    assert [type(claim) for claim in claims] == [RejectedClaim, Claim]


def test_a_damaged_later_header_costs_no_claim_before_it():
    claims, problems = x12.read_with_faults(x12.file_of(plain_file()) + b"ISA*00*")

    assert len(claims) == 1
    assert "cut short or malformed" in problems[0]


def test_claims_outside_of_a_transaction_are_counted():
    segments = [segment for segment in plain_file() if not segment.startswith("ST*")]

    claims, problems = x12.read_with_faults(x12.file_of(segments))

    assert claims == []
    assert (
        "outside of every transaction, so it is not read; begin a transaction with ST (1 claim not read)" in problems[0]
    )


def test_a_claim_whose_first_segment_is_misspelt_is_reported():
    segments = [segment.replace("CLM*", "CML*") for segment in plain_file()]

    claims, problems = x12.read_with_faults(x12.file_of(segments))

    assert claims == []
    assert "segment 16 (CML): this is no segment of an 837" in problems[0]


def test_a_file_of_faults_is_reported_in_constant_memory():
    transactions = [segment for _ in range(150) for segment in [*x12.transaction(*WHOLE)[:-1], "SE*1*0001"]]

    claims, problems = x12.read_with_faults(x12.file_of(x12.interchange(x12.group(transactions))))

    assert len(claims) == 150
    assert len(problems) == 101
    assert "51 more faults" in problems[-1]


# -- what is no 837 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transaction", "version", "words"),
    [
        ("835", "005010X221A1", "this is an 835 remittance (005010X221A1), not an 837 claim file"),
        ("277", "005010X212", "this is a 277 claim status file (005010X212), not an 837 claim file"),
        ("850", "004010", "this is an X12 850 transaction (004010), not an 837 claim file"),
        ("837", "005010X224A2", "an 837 dental claim file of a version that is not supported (005010X224A2)"),
        ("837", "004010X098A1", "an 837 professional claim file of a version that is not supported (004010X098A1)"),
        ("837", "", "an 837 file of a version that is not supported"),
    ],
)
def test_what_is_no_837_of_a_version_that_is_read_is_refused_by_name(transaction, version, words):
    segments = [
        segment.replace("ST*837*", f"ST*{transaction}*").replace(x12.PROFESSIONAL, version).replace("IEA*1", "IEA*9")
        for segment in plain_file()
    ]

    claims, problems = x12.read_with_faults(x12.file_of(segments))

    assert claims == []
    assert len(problems) == 1
    assert words in problems[0]
    assert "(1 claim not read)" in problems[0]


def test_what_is_no_837_costs_no_claim_of_the_same_file():
    remittance = [segment.replace("ST*837", "ST*835") for segment in x12.transaction("CLP*1")]

    claims, problems = x12.read_with_faults(
        x12.file_of(x12.interchange(x12.group(one_claim(), remittance, one_claim())))
    )

    assert len(claims) == 2
    assert len(problems) == 1
    assert problems[0].startswith("x.837: segment 22: this is an 835 remittance")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "the file is empty"),
        (b" \r\n ", "the file is empty"),
        (b'{"id": "C-1"}', "it looks like JSON"),
        (b"<xml/>", "XML"),
        (b"PK\x03\x04", "a zip archive"),
        (b"GS*HC*A*B~", "without its ISA segment"),
        (b"claims", "no X12 interchange, because"),
        (b"ISA*00*", "cut short or malformed"),
        (b"ISA" + b"*" * 300, "separator"),
    ],
)
def test_what_is_no_x12_is_refused_in_one_sentence(data, word):
    with pytest.raises(DataError) as caught:
        list(read(io.BytesIO(data), "x.837"))

    (problem,) = caught.value.problems
    assert problem.location == "x.837"
    assert word in problem.message


def test_a_segment_without_an_end_does_not_fill_the_memory():
    data = x12.file_of(plain_file()[:3]) + b"A" * (1 << 21)

    _, problems = x12.read_with_faults(data)

    assert "has no terminator" in problems[0]


@pytest.mark.parametrize("start", [b"ISA*00*", b"\xef\xbb\xbfISA*00*", b"\r\n ISA|00|"])
def test_every_x12_file_is_recognised(start):
    assert sniff(start)


@pytest.mark.parametrize("start", [b"", b"ISABEL", b"{", b"GS*"])
def test_other_files_are_not_taken_for_x12(start):
    assert not sniff(start)
