"""An import that is killed at any moment leaves the old edition whole."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from payerpack.baseline.editions import import_files, list_editions, open_edition, verify

# Counts every change to the file system below the root (and every flush), and kills itself before the one asked for.
SCRIPT = """
import os, signal, sys
root, moment, *files = sys.argv[1:]
count = 0

def step():
    global count
    count += 1
    if count == int(moment):
        os.kill(os.getpid(), signal.SIGKILL)

def watch(event, args):
    if event in ("os.mkdir", "os.rename", "os.link", "os.chmod", "os.utime") and str(args[0]).startswith(root):
        step()
    elif event == "open" and str(args[0]).startswith(root) and isinstance(args[1], str) and "w" in args[1]:
        step()

from payerpack.baseline.editions import import_files
fsync = os.fsync
os.fsync = lambda handle: (step(), fsync(handle))
sys.addaudithook(watch)
import_files(files, root)
print(count)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_kill_at_any_moment_of_an_import_leaves_the_old_edition_whole(cms, ptp_files, tmp_path):
    new = cms / "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"
    root = tmp_path / "root"
    old = import_files(ptp_files, root)
    moment, outcomes = 0, []
    while not outcomes or outcomes[-1] != 0:
        moment += 1
        command = [sys.executable, "-c", SCRIPT, str(root), str(moment), str(new)]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        outcomes.append(run.returncode)
        edition = open_edition(root)
        assert verify(edition) == ()
        assert len(edition.ptp("practitioner")) == 154
        if edition.id != old.id:
            # Killed after the rename: then the new edition is whole, and it must be the whole new one.
            assert edition.mue("practitioner", dt.date(2024, 8, 1)).get("99213").value == 2
        else:
            assert run.returncode != 0
        assert all(verify(open_edition(info.path)) == () for info in list_editions(root))
    assert set(outcomes[:-1]) == {-9}
    assert len(outcomes) > 8
