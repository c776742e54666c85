"""Work spread over processes: items with one key go to one process, and answers come back in the order of the items.

Processes are spawned, so that nothing of the host's threads or files leaks into them; what crosses the border are bytes.
Only so many items are under way at once, so that memory stays flat however long the input is. A process that dies is
replaced, and the items it held are tried once more, each by itself: the one that kills its process again is given up
and costs its neighbours nothing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import queue
import signal
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from payerpack.errors import PayerpackError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection

    Start = Callable[..., Callable[[Iterable[bytes]], Iterable[bytes]]]

# Measured with chunks of 32: a sixth slower, for the threads that listen wake more often. A socket pair of Linux holds
# about 200 KB, so that handing over a chunk seldom waits.
CHUNK_ITEMS: Final = 128
CHUNK_BYTES: Final = 128 * 1024
CHUNKS_AHEAD: Final = 2
"""So many chunks wait in a process, lest it idle between one answer and the next question."""
CHUNKS_OPEN: Final = 4
"""So many chunks for each process may be read ahead of the oldest answer."""
_PATIENCE: Final = 5.0  # seconds that a process gets to end by itself

_READY: Final = b"R"
_ANSWERS: Final = b"A"
_FAULT: Final = b"F"
_END: Final = b""
_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder(list[bytes]).decode


class Lost(NamedTuple):
    """What comes back for an item whose process died twice: the exit status of the second."""

    status: int | None


class _Chunk(NamedTuple):
    numbers: list[int]
    items: list[bytes]
    again: bool = False


class Member:
    """One process and what it holds; replaced by another when it dies."""

    def __init__(self, name: int, start: Start, arguments: tuple[Any, ...], heard: queue.SimpleQueue[Any]) -> None:
        self.name = name
        self._start = start
        self._arguments = arguments
        self._heard = heard
        self._buffer = _Chunk([], [])
        self._size = 0
        self._waiting: deque[_Chunk] = deque()
        self._given: deque[_Chunk] = deque()
        self._ready = False
        self._hire()

    def _hire(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._start, self._arguments), name=f"payerpack-{self.name}", daemon=True
        )
        with _deaf_to_interrupts():
            self._process.start()
        theirs.close()  # or its end would never show here
        listener = threading.Thread(target=_listen, args=(self._connection, self, self._heard), daemon=True)
        listener.start()
        self._ready = False

    def take(self, number: int, item: bytes) -> None:
        """Take an item; it is handed over when a chunk is full."""
        self._buffer.numbers.append(number)
        self._buffer.items.append(item)
        self._size += len(item)
        if len(self._buffer.items) == CHUNK_ITEMS or self._size >= CHUNK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand over what was taken."""
        if self._buffer.items:
            self._waiting.append(self._buffer)
            self._buffer, self._size = _Chunk([], []), 0
        self._send()

    def _send(self) -> None:
        while self._waiting and len(self._given) < CHUNKS_AHEAD:
            chunk = self._waiting.popleft()
            self._given.append(chunk)
            with contextlib.suppress(OSError):  # it died: its listener says so
                self._connection.send_bytes(_pack(chunk.items))

    def hear(self, message: bytes | None) -> Iterator[tuple[int, bytes | Lost]]:
        """Yield the answers that a message brings; no message means that the process has died.

        Raises:
            DataError: Nothing can be answered: what every item needs cannot be opened.
            PayerpackError: The process cannot even begin.
        """
        if message is None:
            yield from self._replace()
        elif message[:1] == _READY:
            self._ready = True
        elif message[:1] == _FAULT:
            raise pickle.loads(message[1:])  # noqa: S301 - from our own process
        else:
            chunk = self._given.popleft()
            yield from zip(chunk.numbers, _unpack(memoryview(message)[1:]), strict=True)
        self._send()

    def _replace(self) -> Iterator[tuple[int, Lost]]:
        self._process.join(_PATIENCE)
        status = self._process.exitcode
        self._connection.close()
        if not self._ready:
            raise PayerpackError(f"a worker process ended before it could begin (exit status {status})")
        held = list(self._given)
        self._given.clear()
        if held and held[0].again:
            yield from ((number, Lost(status)) for number in held.pop(0).numbers)
        elif held:
            suspects = held.pop(0)
            held[:0] = (_Chunk([number], [item], again=True) for number, item in zip(*suspects[:2], strict=True))
        self._waiting.extendleft(reversed(held))
        self._hire()

    def dismiss(self, *, done: bool) -> None:
        """Let the process end, or make it end when its answers are no longer wanted."""
        if done:
            with contextlib.suppress(OSError):
                self._connection.send_bytes(_END)
        else:
            self._process.terminate()

    def bury(self) -> None:
        """Wait for the end of a process that was dismissed."""
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()


def spread(
    start: Start, arguments: tuple[Any, ...], items: Iterable[tuple[int, bytes]], workers: int
) -> Generator[bytes | Lost, None, None]:
    """Yield the answer to every item, in the order of the items.

    Args:
        start: Called once in each process with the arguments; returns what answers items, each in its turn. It is
            found by its name, and the arguments are pickled.
        arguments: What `start` needs.
        items: The items, each with its key; those of one key are answered by one process, in order.
        workers: How many processes, at least 1.

    Raises:
        DataError: A process found that no item can be answered.
        PayerpackError: A process cannot begin.
    """
    heard: queue.SimpleQueue[tuple[Member, bytes | None]] = queue.SimpleQueue()
    members = [Member(name, start, arguments, heard) for name in range(workers)]
    answers: dict[int, bytes | Lost] = {}
    most = workers * CHUNK_ITEMS * CHUNKS_OPEN
    taken = given = 0

    def listen() -> None:
        member, message = heard.get()
        answers.update(member.hear(message))

    try:
        for key, item in items:
            members[key % workers].take(taken, item)
            taken += 1
            while not heard.empty():
                listen()
            if taken - given >= most:
                for member in members:  # the oldest may wait in a chunk that is not full
                    member.flush()
                while given not in answers:
                    listen()
            while given in answers:
                yield answers.pop(given)
                given += 1
        for member in members:
            member.flush()
        while given < taken:
            while given not in answers:
                listen()
            yield answers.pop(given)
            given += 1
    finally:
        for member in members:
            member.dismiss(done=given == taken)
        for member in members:
            member.bury()


def _listen(connection: Connection, member: Member, heard: queue.SimpleQueue[Any]) -> None:
    """Pass on what a process says; a thread of its own, so that neither side ever waits for the other to listen."""
    while True:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            heard.put((member, None))
            return
        heard.put((member, message))


def _serve(connection: Connection, start: Start, arguments: tuple[Any, ...]) -> None:
    """Answer chunks until there are none; runs in the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the one who reads the answers
    try:
        answers = start(*arguments)
        connection.send_bytes(_READY)
        while True:
            chunk = connection.recv_bytes()
            if chunk == _END:
                return
            connection.send_bytes(_ANSWERS + _pack(list(answers(_unpack(chunk)))))
    except PayerpackError as error:
        connection.send_bytes(_FAULT + pickle.dumps(error))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the one who asked is gone


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let a process begin with interrupts ignored; it would else print a traceback if one came while it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
