"""How the time of banded DTW grows with length, beside dtaidistance (C) and dtw-python on equal costs.

    python benchmarks/dtw_growth.py [--band 100] [--longest 100000] [--repeats 3]

Each library aligns the same two sequences with a Sakoe-Chiba band and returns the path, not the distance alone.
dtaidistance keeps length × band floats; dtw-python keeps the full matrix and stops at `FULL_MATRIX_LIMIT` frames.
A time is the best of the repeats.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from visalign.dtw import SYMMETRIC1, dtw_rows

LENGTHS = (1_000, 3_000, 10_000, 30_000, 100_000)
FULL_MATRIX_LIMIT = 3_000
Signal = npt.NDArray[np.float64]


def make_pair(length: int) -> tuple[Signal, Signal]:
    """A random walk, and the same with its time axis shaken by up to 20 frames."""
    rng = np.random.default_rng(length)
    x = rng.standard_normal(length).cumsum()
    lag = 20 * np.sin(np.arange(length) / 300)
    return x, x[np.clip(np.arange(length) + lag.astype(int), 0, length - 1)]


def visalign_path(x: Signal, y: Signal, band: int) -> float:
    """Distance by this package."""
    path = dtw_rows(
        lambda i, start, stop: (x[i] - y[start:stop]) ** 2, (len(x), len(y)), band=band, step_pattern=SYMMETRIC1
    )
    return path.distance


def dtaidistance_path(x: Signal, y: Signal, band: int) -> float:
    """Distance by dtaidistance in C, path included; its window counts the diagonal."""
    from dtaidistance import dtw as theirs

    _, distance = theirs.warping_path_fast(x, y, window=band + 1, include_distance=True)
    return float(distance) ** 2


def dtw_python_path(x: Signal, y: Signal, band: int) -> float:
    """Distance by dtw-python, which is given the costs."""
    import dtw as theirs

    costs = (x[:, None] - y) ** 2
    arguments = {"window_size": band}
    return float(theirs.dtw(costs, step_pattern="symmetric1", window_type="sakoechiba", window_args=arguments).distance)


def best_time(run: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Seconds of the fastest run, and its result."""
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), result


def measure(length: int, band: int, repeats: int) -> str:
    """One line of the table."""
    x, y = make_pair(length)
    ours, distance = best_time(lambda: visalign_path(x, y, band), repeats)
    theirs, other = best_time(lambda: dtaidistance_path(x, y, band), repeats)
    assert np.isclose(distance, other), (distance, other)
    line = f"{length:>8} {ours:10.3f} {1e6 * ours / length:10.1f} {theirs:13.3f} {ours / theirs:7.1f}"
    if length > FULL_MATRIX_LIMIT:
        return line
    full, other = best_time(lambda: dtw_python_path(x, y, band), repeats)
    assert np.isclose(distance, other), (distance, other)
    return f"{line} {full:11.3f} {ours / full:7.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--band", type=int, default=100, help="columns on each side")
    parser.add_argument("--longest", type=int, default=LENGTHS[-1], help="frames of the longest pair")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print("  frames  visalign s  us/frame  dtaidistance s   ratio  dtw-python s  ratio")
    for length in LENGTHS:
        if length <= options.longest:
            print(measure(length, options.band, options.repeats), flush=True)


if __name__ == "__main__":
    main()
