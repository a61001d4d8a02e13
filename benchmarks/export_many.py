"""What exporting many files takes in one process, beside a process for each, in one run.

    python benchmarks/export_many.py FOLDER [--format NAME] [--repeats N]

FOLDER holds recordings with transcripts beside them (``line.wav`` and ``line.txt``). Printed are CPU seconds a second
of sound, of the processes' own clocks, and whether both ways wrote the same bytes. The two ways take turns.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from visalign.corpora.folder_export import find_sources
from visalign.exports.exporter import load_exporter
from visalign.media.clips import read_audio


def cpu_seconds(*arguments: object) -> float:
    """CPU time of one process of visalign."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "visalign", *map(str, arguments)], check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", default="rhubarb-json")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    recordings = find_sources([arguments.folder])
    seconds = sum(read_audio(x.path).duration for x in recordings)
    suffix = load_exporter(arguments.format).suffix
    form = ("--format", arguments.format, "-q")
    alone, former, together = list[float](), list[float](), list[float]()
    with tempfile.TemporaryDirectory() as scratch:
        one_by_one, old_way, at_once = (Path(scratch, x) for x in ("alone", "former", "together"))
        one_by_one.mkdir()
        old_way.mkdir()
        for _ in range(arguments.repeats):
            for times, folder, more in (
                (former, old_way, ("--aligner", "pocketsphinx")),
                (alone, one_by_one, ()),
            ):
                times.append(
                    sum(
                        cpu_seconds(
                            "export", x.path, "-t", x.transcript, "-o", folder / (x.name + suffix), *form, *more
                        )
                        for x in recordings
                    )
                )
            together.append(cpu_seconds("export", arguments.folder, "-o", at_once, *form))
        same = all(
            (one_by_one / (x.name + suffix)).read_bytes() == (at_once / (x.name + suffix)).read_bytes()
            for x in recordings
        )
    print(
        f"{len(recordings)} recordings, {seconds:.1f} s; CPU seconds a second of sound, median of {arguments.repeats}"
    )
    for name, times in (
        ("a process each, PocketSphinx (as before)", former),
        ("a process each", alone),
        ("one process", together),
    ):
        print(f"| {name} | {np.median(times) / seconds:.3f} | {np.median(times) / np.median(together):.1f} |")
    print("the same bytes both ways" if same else "DIFFERENT BYTES")


if __name__ == "__main__":
    main()
