"""Tests that live with a pack, run by the engine."""

import pytest

from payerpack import Engine, PackError
from payerpack.pack_tests import run_pack_tests

PACK = """
schema = 1

[pack]
id = "acme"
version = "1"
status = "active"

[[rule]]
id = "once"
stage = "frequency"
when = { code = "76377" }
limit = { max = 1, per = ["patient"], window = { days = 30 } }
then = { action = "deny", carc = "151", rarc = ["N362"], cure = "none", message = "again" }
"""


@pytest.fixture
def results(tmp_path):
    """Runs tests given as TOML; gives each one's name and failures."""

    def results(tests):
        (tmp_path / "pack.toml").write_text(PACK)
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests" / "cases.toml").write_text(f"schema = 1\n{tests}")
        engine = Engine([tmp_path])
        return {one.case.name: one.failures for one in run_pack_tests(engine, engine.library.get("acme"))}

    return results


def test_a_test_is_reviewed_with_its_own_history(results):
    found = results(
        '[[test]]\nname = "first"\nservice_date = 2026-02-03\nlines = [{ code = "76377" }]\n'
        '[[test]]\nname = "second"\nservice_date = 2026-02-03\nlines = [{ code = "76377" }]\n'
        'history = [{ code = "76377", service_date = 2026-01-20 }]\nexpect = { 1 = "deny" }\n'
    )
    assert found == {"first": (), "second": ()}


def test_a_history_that_cannot_be_read_fails_its_test_alone(results):
    found = results(
        '[[test]]\nname = "odd"\nservice_date = 2026-02-03\nlines = [{ code = "76377" }]\n'
        'history = [{ code = "76377", status = "lost" }]\n'
        '[[test]]\nname = "fine"\nservice_date = 2026-02-03\nlines = [{ code = "76377" }]\n'
    )
    assert found["fine"] == ()
    assert "history[0]" in found["odd"][0]


def test_a_pack_whose_tests_are_malformed_is_refused_with_all_its_problems(results):
    with pytest.raises(PackError) as refused:
        results('[[test]]\nname = "a"\nlines = []\nexpct = {}\n[[test]]\nname = "b"\n')
    assert len(refused.value.problems) >= 3
