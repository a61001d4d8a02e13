"""What reading the lips tells of a dub: error rates against a clip's own sentence, and against that of another sound.

Clips of GRID, drawn with a fixed seed, each checked with its own sound and with that of another one; the report's
`lip_reading` is added up. How many words of the two sentences differ stands beside it: lips that say the original get
just these wrong::

    python benchmarks/readable_lips.py ../shared/data/grid/speakers --speakers s30 s31 s32
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import visalign
from visalign.corpora.grid import sentence_of
from visalign.lip_reading.error_rates import ErrorCount, count_errors


def said_in(clip: Path) -> str:
    """The sentence that a clip's name spells."""
    return sentence_of(clip.stem.split("_")[-1]) or ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speakers", nargs="+", default=["s30", "s31", "s32"])
    parser.add_argument("--limit", type=int, default=16)
    options = parser.parse_args()
    clips = [x for speaker in options.speakers for x in sorted(options.folder.glob(f"{speaker}_*.mpg"))]
    random.Random(1).shuffle(clips)
    clips = clips[: options.limit]
    totals = {kind: (ErrorCount(), ErrorCount()) for kind in ("own sound", "dub")}
    differing = ErrorCount()
    for k, clip in enumerate(clips):
        other = clips[(k + 7) % len(clips)]
        differing += count_errors(said_in(other).split(), said_in(clip).split())
        lips = visalign.read_lips(clip)
        for kind, sound in (("own sound", clip), ("dub", other)):
            report = visalign.check(lips, said_in(sound), audio=sound, grammar="grid")
            read = report.lip_reading
            assert read is not None
            assert read.words is not None
            assert read.visemes is not None
            words, visemes = totals[kind]
            totals[kind] = (words + read.words, visemes + read.visemes)
    for kind, (words, visemes) in totals.items():
        print(f"{kind}: {words.rate:.1%} of {words.n_said} words wrong, {visemes.rate:.1%} of the visemes")
    print(f"words in which the two sentences differ: {differing.rate:.1%}")


if __name__ == "__main__":
    main()
