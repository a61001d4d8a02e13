"""CPU time of short commands as processes, beside the same check in a process that has already done one.

    python benchmarks/start_up.py [PYTHON ...] [--runs 5]

Each PYTHON is an interpreter in which some version of visalign is installed (by default the one that runs this), and
gets a column. The runs of the columns take turns, so that a busy machine is as busy for one as for the other; what is
printed is the least of all runs, user and system together. Below stands what importing costs, by library; that is wall
time, of the last column. Not on Windows, which does not tell the CPU time of a child.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

TEXT = "bin blue at f two now"  # three seconds, as the clip's voice speaks it

MAKE = "import visalign; print(visalign.generate_clip({path!r}, text={text!r}, lead_seconds=0.08).path)"
WARM = """
import time, visalign
for number in range(4):
    begin = time.process_time()
    visalign.check({path!r}, {text!r})
    if number:
        print(time.process_time() - begin)
"""


def cpu_seconds(command: list[str]) -> float:
    """What a process takes, whatever its exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm_seconds(python: str, clip: str) -> float:
    """The check itself, once everything that it needs is in memory."""
    program = WARM.format(path=clip, text=TEXT)
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return min(map(float, done.stdout.split()))


def lines(clip: str) -> dict[str, list[str]]:
    """The commands that are measured, by name."""
    return {
        "`visalign --version`": ["--version"],
        "`visalign --help`": ["--help"],
        "a wrong option": ["check", clip, "--nonsense"],
        "a missing file": ["check", "missing.mp4", "--text", TEXT],
        "`visalign check` of a clip of 3 s": ["check", clip, "--text", TEXT, "--quiet"],
    }


def import_costs(python: str, clip: str) -> Counter[str]:
    """Milliseconds that a check spends in the modules of each library."""
    command = [python, "-X", "importtime", "-m", "visalign", "check", clip, "--text", TEXT, "--quiet"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    costs: Counter[str] = Counter()
    for microseconds, module in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", told, re.MULTILINE):
        costs[module.partition(".")[0]] += int(microseconds) / 1000
    return costs


def measured(pythons: list[str], clip: str, n_runs: int) -> dict[str, list[float]]:
    """Rows of the table: the least of all runs, a number a column."""
    rows: dict[str, list[float]] = {name: [float("inf")] * len(pythons) for name in [*lines(clip), "the check, warm"]}
    for _ in range(n_runs):
        for column, python in enumerate(pythons):
            taken = {name: cpu_seconds([python, "-m", "visalign", *line]) for name, line in lines(clip).items()}
            taken["the check, warm"] = warm_seconds(python, clip)
            for name, seconds in taken.items():
                rows[name][column] = min(rows[name][column], seconds)
    *_, whole, warm = rows.values()
    rows["start of a check: the process less the warm check"] = [a - b for a, b in zip(whole, warm, strict=True)]
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pythons", nargs="*", default=[sys.executable])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = str(Path(folder, "clip.mp4"))
        subprocess.run([options.pythons[0], "-c", MAKE.format(path=clip, text=TEXT)], check=True, capture_output=True)
        for name, row in measured(options.pythons, clip, options.runs).items():
            print(f"| {name} |" + "".join(f" {seconds:.2f} |" for seconds in row))
        costs = import_costs(options.pythons[-1], clip)
    print("\nimports, ms: " + ", ".join(f"{name} {ms:.0f}" for name, ms in costs.most_common(20)))


if __name__ == "__main__":
    main()
