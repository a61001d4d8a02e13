"""What the strict rule costs: how many genuine clips are in sync by each profile, with and without it.

    python benchmarks/grid.py run OUT benchmarks/strict_verdicts.py     # with the models that grid.py left in OUT
    python benchmarks/strict_verdicts.py --table OUT

The first line checks every clip with its own sound, and with sound and words of the next clip of its speaker, by every
profile, strict and not, and prints a line of counts for each; the second adds up what the runs printed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from grid import sentence

import visalign
from visalign.config import PROFILES, Config, VerdictParams
from visalign.sync.verdict import VERDICTS


def verdicts(clip: Path, other: Path, cache: Path) -> Counter[tuple[str, bool, str]]:
    """Verdicts on the lips of `clip` with the sound of `other`, by (profile, strict, verdict)."""
    audio = visalign.read_audio(other)
    alignment = visalign.force_align(audio, sentence(other.stem))
    found = Counter[tuple[str, bool, str]]()
    for profile in PROFILES:
        for strict in (False, True):
            config = Config(verdict=VerdictParams(profile, strict=strict))
            own = None if other == clip else audio
            report = visalign.check(clip, None, audio=own, alignment=alignment, config=config, lip_cache=cache)
            found[profile, strict, report.sync.verdict] += 1
    return found


def measure(folder: Path) -> None:
    """Print what is said of the clips of one speaker."""
    clips = sorted(folder.glob("*.mpg"))
    found = {"genuine": Counter[tuple[str, bool, str]](), "dubbed": Counter[tuple[str, bool, str]]()}
    with tempfile.TemporaryDirectory() as cache:
        for clip, following in zip(clips, [*clips[1:], clips[0]], strict=True):
            found["genuine"] += verdicts(clip, clip, Path(cache))
            if following != clip:
                found["dubbed"] += verdicts(clip, following, Path(cache))
    for kind, counts in found.items():
        for (profile, strict, verdict), n in sorted(counts.items()):
            print(kind, profile, "strict" if strict else "plain", verdict, n)


def table(out: Path) -> None:
    """Print the sums over all speakers as a table, the narrowest limits first."""
    total = Counter[tuple[str, ...]]()
    for path in sorted(out.glob("*.strict_verdicts.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            *key, n = line.split()
            total[tuple(key)] += int(n)
    print("| profile | early / late, ms | in sync | strictly | uncertain | strictly | dubbed, in sync | strictly |")
    print("|---|---|---|---|---|---|---|---|")
    for profile, limits in sorted(PROFILES.items(), key=lambda item: sum(item[1])):
        cells = [f"{1000 * limits[0]:.0f} / {1000 * limits[1]:.0f}"]
        for kind, verdict in (("genuine", "in-sync"), ("genuine", "uncertain"), ("dubbed", "in-sync")):
            for rule in ("plain", "strict"):
                n = sum(total[kind, profile, rule, any_] for any_ in VERDICTS)
                cells.append(f"{total[kind, profile, rule, verdict]} of {n}")
        print(f"| `{profile}` | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--clips", type=Path, help="clips of one speaker")
    what.add_argument("--table", type=Path, metavar="OUT", help="folder with what the runs printed")
    options = parser.parse_args()
    if options.table:
        table(options.table)
    else:
        measure(options.clips)


if __name__ == "__main__":
    main()
