import datetime as dt

from payerpack.packs.adjustment_codes import adjustment_codes


def test_a_code_has_the_days_it_is_in_force() -> None:
    code = adjustment_codes("CARC")["17"]
    assert (code.start, code.stop) == (dt.date(1995, 1, 1), dt.date(2009, 7, 1))
    assert adjustment_codes("CARC")["97"].stop is None


def test_codes_that_want_a_remark_are_marked() -> None:
    carcs = adjustment_codes("CARC")
    assert all(carcs[code].needs_rarc for code in ("16", "96", "226", "234", "252"))
    assert not any(carcs[code].needs_rarc for code in ("50", "97", "151", "236"))


def test_the_two_lists_are_kept_apart() -> None:
    assert "N19" in adjustment_codes("RARC")
    assert "N19" not in adjustment_codes("CARC")
    assert not any(code.needs_rarc for code in adjustment_codes("RARC").values())
