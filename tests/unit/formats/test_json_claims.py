"""JSON files of claims: their layouts, their faults, and what is no claim file at all."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from payerpack.claim import Claim, RejectedClaim
from payerpack.errors import DataError
from payerpack.formats.json_claims import read_json
from payerpack.formats.json_records import looks_like_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def claim(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"C-{number}",
        "type": "professional",
        "payer": {"id": "60054"},
        "patient": {"id": "P-1"},
        "billing_provider": {"npi": "1234567893"},
        "lines": [{"number": 1, "code": "72192", "service_date": "2026-03-02"}],
        **changes,
    }


BAD = claim(2, units=1)
GOOD, THIRD = claim(1), claim(3)


def read(content: bytes | str) -> list[Claim | RejectedClaim]:
    data = content.encode() if isinstance(content, str) else content
    return list(read_json(io.BytesIO(data), "claims.json"))


def ids(found: Iterable[Claim | RejectedClaim]) -> list[str]:
    return [one.id if isinstance(one, Claim) else f"rejected {one.claim_id}" for one in found]


def jsonl(*claims: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in claims)


LAYOUTS = {
    "one object": lambda *claims: json.dumps(claims[0]),
    "one indented object": lambda *claims: json.dumps(claims[0], indent=2),
    "a list on one line": lambda *claims: json.dumps(claims),
    "an indented list": lambda *claims: json.dumps(claims, indent=2),
    "a list with one claim per line": lambda *claims: "[\n" + ",\n".join(map(json.dumps, claims)) + "\n]\n",
    "a wrapped list on one line": lambda *claims: json.dumps({"claims": claims}),
    "an indented wrapped list": lambda *claims: json.dumps({"claims": claims}, indent=1),
    "a wrapped list with one claim per line": lambda *claims: (
        '{"claims": [\n' + ",\n".join(map(json.dumps, claims)) + "\n]}"
    ),
    "JSON Lines": jsonl,
    "JSON Lines with blank lines": lambda *claims: "\n\n" + jsonl(*claims).replace("\n", "\n \r\n\n"),
    "JSON Lines without a last line break": lambda *claims: jsonl(*claims).rstrip(),
}
SINGLE = ("one object", "one indented object")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_layout_is_told_by_its_content(layout: str, mark: bytes) -> None:
    claims = [GOOD] if layout in SINGLE else [GOOD, THIRD]
    content = mark + LAYOUTS[layout](*claims).encode()
    assert looks_like_json(content)
    assert ids(read(content)) == [one["id"] for one in claims]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_of_one_claim_may_have_any_layout(layout: str) -> None:
    assert ids(read(LAYOUTS[layout](GOOD))) == ["C-1"]


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout not in SINGLE])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_bad_claim_costs_only_itself(layout: str, order: tuple[int, ...]) -> None:
    claims = [(GOOD, BAD, THIRD)[place] for place in order]
    expected = [("C-1", "rejected C-2", "C-3")[place] for place in order]
    assert ids(read(LAYOUTS[layout](*claims))) == expected


BROKEN_OBJECTS = ('{"id": "C-2", "type"', '{"id": "\\ud800"}', '{"id": "C-2",', '{"id":', '{"id": "C-2", "lines": [')
NO_OBJECTS = ("not json", "[1, 2]", "null", "5")


@pytest.mark.parametrize(
    ("broken", "place"),
    [*itertools.product(BROKEN_OBJECTS, (0, 1, 2)), *itertools.product(NO_OBJECTS, (1, 2))],
)
def test_a_broken_line_costs_only_itself(broken: str, place: int) -> None:
    lines = [json.dumps(GOOD), json.dumps(THIRD)]
    lines.insert(place, broken)
    found = read("\n".join(lines))
    assert [isinstance(one, RejectedClaim) for one in found] == [index == place for index in range(3)]
    rejected = found[place]
    assert isinstance(rejected, RejectedClaim)
    assert rejected.location == f"claims.json: line {place + 1}"


@pytest.mark.parametrize("broken", ['{"id": "C-2",', '{"id":', '{"lines": ['])
def test_a_first_line_that_breaks_off_costs_only_itself_when_one_other_follows(broken: str) -> None:
    assert ids(read(f"{broken}\n{json.dumps(GOOD)}")) == ["rejected ", "C-1"]


@pytest.mark.parametrize("layout", ['{"claims": [\n%s\n]}', '{"claims": [\n%s\n\n]\n}', '{"claims":\n[\n%s]}'])
def test_a_wrapped_claim_on_a_line_of_its_own_is_no_line_of_json_lines(layout: str) -> None:
    assert ids(read(layout % json.dumps(GOOD))) == ["C-1"]


def test_wrapped_claims_may_stand_one_on_a_line() -> None:
    text = f'{{"claims": [\n{json.dumps(GOOD)}\n,{json.dumps(THIRD)}\n]}}'
    assert ids(read(text)) == ["C-1", "C-3"]
    assert ids(read(text.replace("\n,", ",\n"))) == ["C-1", "C-3"]


def test_many_broken_lines_at_the_beginning_cost_only_themselves() -> None:
    found = read('{"id": 1\n{"id": 2\n{"id": 3\n' + jsonl(GOOD))
    assert ids(found) == ["rejected ", "rejected ", "rejected ", "C-1"]


def test_a_line_in_another_encoding_costs_only_itself() -> None:
    latin = json.dumps(claim(2, state="É"), ensure_ascii=False).encode("latin-1")
    found = read(jsonl(GOOD).encode() + latin + b"\n" + jsonl(THIRD).encode())
    assert ids(found) == ["C-1", "rejected ", "C-3"]
    rejected = found[1]
    assert isinstance(rejected, RejectedClaim)
    assert "UTF-8" in rejected.problems[0].message


def test_a_rejected_claim_says_where_it_stands_and_all_that_is_wrong() -> None:
    bad = claim(2, stat="OR", lines=[{"number": 1, "code": "72192"}])
    for content, location in ((json.dumps([GOOD, bad]), "claim 2"), ("\n" + jsonl(GOOD, bad), "line 3")):
        rejected = read(content)[1]
        assert isinstance(rejected, RejectedClaim)
        assert rejected.location == f"claims.json: {location}"
        assert rejected.claim_id == "C-2"
        assert [problem.location for problem in rejected.problems] == ["$.stat", "$.lines[0].service_date"]


def test_a_list_element_that_is_no_object_is_a_rejected_claim() -> None:
    assert ids(read(json.dumps([5, GOOD, None, "x", THIRD]))) == ["rejected ", "C-1", "rejected ", "rejected ", "C-3"]


def test_an_empty_list_holds_no_claims() -> None:
    assert read("[]") == []
    assert read('{"claims": []}') == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"resourceType": "Bundle", "type": "collection", "id": "1"}', "a FHIR resource"),
        (jsonl({"resourceType": "Claim"}, {"resourceType": "Claim"}), "a FHIR resource"),
        ("[1, 2, 3]", "a value that is no object"),
        ('["a"]', "a value that is no object"),
        ('{"name": "payerpack", "version": "1"}', "an object without any key that tells a claim"),
        ('[{"claim_id": "C-1", "outcome": "deny", "lines": []}]', "an object without any key that tells a claim"),
    ],
)
def test_json_that_is_no_claim_is_refused_in_one_sentence(content: str, words: str) -> None:
    with pytest.raises(DataError) as found:
        read(content)
    (problem,) = found.value.problems
    assert problem.location == "claims.json"
    assert words in problem.message


def test_a_file_that_breaks_off_says_at_which_line_and_column() -> None:
    with pytest.raises(DataError) as found:
        read('[\n  {"id": "C-1"},\n  {"id":')
    assert str(found.value).startswith("claims.json:3:9: is not valid JSON (it breaks off)")


def test_a_malformed_file_says_at_which_line_and_column() -> None:
    with pytest.raises(DataError) as found:
        read('\n\n[\n  {"id": tru}\n]')
    assert str(found.value).startswith("claims.json:4:11: is not valid JSON")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_is_named(encoding: str) -> None:
    content = json.dumps([GOOD]).encode(encoding)
    with pytest.raises(DataError, match="UTF-16 or UTF-32"):
        read(content)


def test_a_wrapped_list_stands_alone_in_its_object() -> None:
    with pytest.raises(DataError, match=r'holds "batch", "claim" beside "claims"'):
        read(json.dumps({"claims": [GOOD], "batch": 1, "claim": 2}))


def test_what_is_wrapped_is_a_list() -> None:
    with pytest.raises(DataError, match=r"claims\.json: \$\.claims: is not a list"):
        read(json.dumps({"claims": GOOD}))


def test_endless_nesting_is_refused_without_a_crash() -> None:
    with pytest.raises(DataError, match="nested too deeply"):
        read(b'{"id":' + b"[" * 200_000)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b' {"id"', True),
        (b"[]", True),
        (b"{", True),
        (b"\xef\xbb\xbf[{", True),
        ("[{".encode("utf-16"), True),
        (b"[pack]\nid = 1", False),
        (b"ISA*00*", False),
        (b"{{ template }}", False),
        (b"id,type\n", False),
        (b"", False),
    ],
)
def test_json_is_told_from_other_text(head: bytes, expected: bool) -> None:
    assert looks_like_json(head) is expected


class _Endless(io.RawIOBase):
    """So many JSON Lines, made as they are read."""

    def __init__(self, count: int) -> None:
        self._lines: Iterator[bytes] = (json.dumps(claim(n, state="O" * 500)).encode() + b"\n" for n in range(count))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._lines, b"")
        given, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)


def test_json_lines_are_read_in_constant_memory() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        read_count = sum(1 for _ in read_json(io.BufferedReader(_Endless(count)), "claims.jsonl"))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert read_count == count
        return highest

    peak(10)
    assert peak(2_000) < peak(200) + 50_000
