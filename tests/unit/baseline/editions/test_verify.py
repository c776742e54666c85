from __future__ import annotations

import hashlib
import json

import pytest

from payerpack.baseline.editions import import_files, open_edition, verify
from payerpack.baseline.editions.columns import pack
from payerpack.baseline.editions.importers import compiled
from payerpack.baseline.editions.manifest import read_manifest


def test_a_sound_edition_has_no_problem(edition):
    assert verify(edition) == ()


def test_one_changed_byte_is_found(ptp_files, tmp_path):
    folder = import_files(ptp_files, tmp_path / "root").path
    path = next(folder.glob("ptp*"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    (problem,) = verify(open_edition(folder))
    assert problem.location.endswith(path.name)
    assert "differs from the digest" in problem.message


def test_a_manifest_that_was_edited_no_longer_fits_its_folder(ptp_files, tmp_path):
    folder = import_files(ptp_files, tmp_path / "root").path
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("2026-09-30", "2027-09-30"))
    assert "does not match its content" in verify(open_edition(folder))[0].message


def test_a_table_that_vanished_is_found(ptp_files, tmp_path):
    folder = import_files(ptp_files, tmp_path / "root").path
    edition = open_edition(folder)
    next(folder.glob("ptp*")).unlink()
    assert "cannot be read" in verify(edition)[0].message


def tampered(ptp_files, root, change):
    """Change a column of a compiled PTP table and make every digest fit again."""
    folder = import_files(ptp_files, root).path
    path = next(folder.glob("ptp*"))
    edition = open_edition(folder)
    (entry,) = edition.tables("ptp")
    columns = edition.columns(entry)
    names = ("codes", "starts", "column2", "spans", "span_first", "span_last", "span_indicator", "span_rationale")
    arrays = {}
    for name in names:
        view = columns.column(name)
        arrays[name] = compiled.column(view.tolist(), view.format)
    change(arrays)
    data = pack(columns.meta, arrays)
    path.unlink()
    path.write_bytes(data)
    manifest = folder / "manifest.json"
    text = manifest.read_text().replace(entry.sha256, hashlib.sha256(data).hexdigest())
    body = json.loads(text)
    body["tables"][0]["bytes"] = len(data)
    manifest.write_text(json.dumps(body))
    renamed = folder.with_name(f"edition-{read_manifest(folder).id}")
    folder.rename(renamed)
    return verify(open_edition(renamed))


def unordered(arrays):
    arrays["codes"][0], arrays["codes"][1] = arrays["codes"][1], arrays["codes"][0]


def out_of_range(arrays):
    arrays["column2"][0] = len(arrays["codes"])


def paired_with_itself(arrays):
    row = next(n for n in range(len(arrays["codes"])) if arrays["starts"][n] < arrays["starts"][n + 1])
    arrays["column2"][arrays["starts"][row]] = row


def overlapping(arrays):
    arrays["column2"][1] = arrays["column2"][0]
    arrays["spans"][1] = arrays["spans"][0]


def cut(arrays):
    arrays["starts"][-1] -= 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (unordered, "codes are not in order"),
        (out_of_range, "points outside the table"),
        (paired_with_itself, "is paired with itself"),
        (overlapping, "overlap"),
        (cut, "do not add up"),
    ],
)
def test_a_broken_invariant_is_found_although_every_digest_fits(ptp_files, tmp_path, change, message):
    assert any(message in problem.message for problem in tampered(ptp_files, tmp_path / "root", change))


def test_a_pair_that_stands_in_both_orders_is_found(ptp_set, tmp_path):
    rows = ["70450\t76376\t\t20240101\t*\t1\tx"], ["70460\t76376\t\t20240101\t*\t1\tx"]
    rows += ["70470\t76376\t\t20240101\t*\t1\tx"], ["76376\t70450\t\t20240101\t*\t1\tx"]
    import_files(ptp_set(*rows), tmp_path / "root")
    (problem,) = verify(open_edition(tmp_path / "root"))
    assert "the pair 70450/76376 stands in both orders" in problem.message
