"""Work spread over processes."""

from __future__ import annotations

import itertools
import os

import pytest

from payerpack.errors import DataError, PayerpackError
from payerpack.scale import processes
from payerpack.scale.processes import Lost, spread


def test_answers_come_in_the_order_of_the_items_whatever_their_keys(tasks):
    items = [(number * 7 % 5, b"item %d" % number) for number in range(500)]
    assert list(spread(tasks.echo, (), items, 3)) == [item.upper() for _, item in items]


def test_no_items_have_no_answers(tasks):
    assert list(spread(tasks.echo, (), [], 2)) == []


def test_items_of_one_key_are_answered_by_one_process(tasks):
    keys = [number % 4 for number in range(200)]
    answers = spread(tasks.identify, (), ((key, b"%d" % key) for key in keys), 2)
    found = {tuple(answer.split()) for answer in answers if isinstance(answer, bytes)}
    assert len(found) == 4
    assert len({process for _, process in found}) == 2


def test_items_and_answers_larger_than_a_pipe_do_not_wait_for_each_other(tasks):
    items = [(0, bytes(200_000)) for _ in range(20)]
    assert sum(len(answer) for answer in spread(tasks.grow, (3,), items, 1)) == 20 * 600_000


def test_what_killed_its_process_once_is_answered_by_the_next(tasks, tmp_path):
    items = [(0, b"%d" % number) for number in range(100)]
    assert list(spread(tasks.die_once, (str(tmp_path / "mark"),), items, 1)) == [item for _, item in items]


def test_what_kills_its_process_twice_is_lost_and_costs_its_neighbours_nothing(tasks):
    items = [(number, b"fatal" if number == 41 else b"%d" % number) for number in range(100)]
    answers = list(spread(tasks.die_on, (b"fatal",), items, 2))
    assert answers[41] == Lost(7)
    assert [answer for answer in answers if not isinstance(answer, Lost)] == [item for n, item in items if n != 41]


def test_a_process_that_cannot_begin_is_an_error(tasks):
    with pytest.raises(PayerpackError, match=r"^a worker process ended before it could begin \(exit status 3\)$"):
        list(spread(tasks.cannot_begin, (), [(0, b"item")], 1))


def test_an_error_of_a_process_arrives_with_all_its_problems(tasks):
    with pytest.raises(DataError) as error:
        list(spread(tasks.cannot_answer, (), [(0, b"item")], 1))
    assert [problem.location for problem in error.value.problems] == ["history.db", "edition"]


def test_only_so_many_items_are_read_before_their_answers_are_taken(tasks):
    read = []

    def items():
        for number in itertools.count():
            read.append(number)
            yield 0, b"item"

    answers = spread(tasks.echo, (), items(), 1)
    for _ in range(1000):
        next(answers)
    answers.close()
    assert len(read) <= 1001 + processes.CHUNKS_OPEN * processes.CHUNK_ITEMS


def test_processes_end_with_the_one_who_reads_the_answers(tasks):
    answers = spread(tasks.identify, (), ((0, b"item") for _ in itertools.count()), 1)
    process = int(next(answers).split()[1])  # type: ignore[union-attr] # no fault
    answers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
