"""How a batch asks its zygote for a worker: a message through a socket between the two, which carries its pipes.

The message is the first job of that worker, after its length; the descriptors come with the length.
"""

from __future__ import annotations

import os
import socket
import struct

from visalign.batch.job import Job

__all__ = ["next_wish", "two_ends", "wish_for_worker", "wishes_of_stdin"]

_LENGTH = struct.Struct("!Q")


def two_ends() -> tuple[socket.socket, socket.socket]:
    """A socket between two processes of this machine, which has no address: the batch's end, and the zygote's."""
    return socket.socketpair()


def wishes_of_stdin() -> socket.socket:
    """The zygote's end, which is its stdin."""
    return socket.socket(fileno=os.dup(0))


def next_wish(wishes: socket.socket) -> tuple[Job, list[int]] | None:
    """The first job of a worker that is wanted, and its two pipes; None when the batch has gone."""
    header, descriptors, _, _ = socket.recv_fds(wishes, _LENGTH.size, 2)
    if len(header) < _LENGTH.size:
        return None
    left, parts = _LENGTH.unpack(header)[0], list[bytes]()
    while left:
        parts.append(wishes.recv(min(left, 1 << 20)))
        if not parts[-1]:
            return None
        left -= len(parts[-1])
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return Job.from_json(b"".join(parts)), descriptors


def wish_for_worker(wishes: socket.socket, first: Job, jobs: int, answers: int) -> None:
    """Ask a zygote for a worker that reads from `jobs` and writes to `answers`.

    Parameters
    ----------
    wishes : socket
        The other end of what is the zygote's stdin.
    first : Job
        What the worker will be asked first: the zygote loads for it.
    jobs, answers : int
        Descriptors; they stay open here.
    """
    wish = first.to_json().encode()
    socket.send_fds(wishes, [_LENGTH.pack(len(wish))], [jobs, answers])
    wishes.sendall(wish)
