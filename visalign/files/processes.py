"""Processes of one's own among which work is shared: how they begin, and that they end with who started them.

They are started anew instead of forked, since threads of libraries do not survive a fork in a state that can be
trusted. They inherit the limits of the process that starts them, those of the system and those of
:mod:`visalign.files.limits`.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event

__all__ = ["end_with_parent", "is_wanted", "workers"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_dropped: list[Event] = []


@contextlib.contextmanager
def workers(n: int) -> Iterator[ProcessPoolExecutor]:
    """`n` processes for the length of a block; after it nobody waits for what they do (:func:`is_wanted`)."""
    context = get_context("spawn")
    dropped = context.Event()
    pool = ProcessPoolExecutor(n, mp_context=context, initializer=_begin, initargs=(dropped,))
    try:
        yield pool
    finally:
        dropped.set()
        pool.shutdown(cancel_futures=True)


def is_wanted() -> bool:
    """Whether somebody still waits for the work of this process; who works longer than a moment asks now and then."""
    return not any(event.is_set() for event in _dropped)


def _begin(dropped: Event) -> None:
    # Nothing that computes is loaded yet: the processes are what is done side by side.
    for variable in _THREADS:
        os.environ.setdefault(variable, "1")
    _dropped.append(dropped)
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """Wait until the process that started this one is gone, then end: who is killed can't stop his workers."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
