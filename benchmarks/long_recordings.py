"""A long recording made of LibriVox readings: time, memory, and whether each word lies where its reading alone has it.

    python benchmarks/long_recordings.py --minutes 60 [--data DIR] [--fault missing|extra|words]

Readings are drawn at random (the same ones each time) and joined with pauses of 0, 0.3 or 0.6 s. A fault damages the
transcript, not the sound: six readings in the middle are left out of it, three sentences that nobody says are put in,
or one word in ten is another one.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from visalign import align_in_pieces, force_align, read_audio
from visalign.forced_alignment import AlignedPiece
from visalign.language.lexicon import parse_lexicon

RATE_HZ = 16000
NAMES = parse_lexicon("dashwood D AE SH W UH D\ndashwoods D AE SH W UH D Z\n")  # words that no dictionary has
OTHER = (
    "please call my sister and ask her to bring these things with her from the store six spoons of fresh snow peas "
    "five thick slabs of blue cheese and maybe a snack for her brother bob"
)


@dataclass(frozen=True)
class Recording:
    """The file, the text of each reading, and where each begins."""

    path: Path
    names: list[str]
    texts: list[str]
    starts: list[float]


def join_readings(folder: Path, seconds: float, path: Path) -> Recording:
    """Write readings to one file, a block at a time."""
    rng = random.Random(0)
    readings = {x.stem: x for x in sorted(folder.glob("*.wav"))}
    names, texts, starts, now = list[str](), list[str](), list[float](), 0
    with soundfile.SoundFile(path, "w", RATE_HZ, 1) as file:
        while now < seconds * RATE_HZ:
            name = rng.choice(sorted(readings))
            samples, _ = soundfile.read(readings[name], dtype="int16")
            names.append(name)
            texts.append(" ".join(readings[name].with_suffix(".txt").read_text(encoding="utf-8").split()))
            starts.append(now / RATE_HZ)
            pause = np.random.default_rng(now).normal(0, 3, rng.choice([0, 4800, 9600])).astype(np.int16)
            file.write(np.concatenate([samples, pause]))
            now += len(samples) + len(pause)
    return Recording(path, names, texts, starts)


def damaged(texts: list[str], fault: str | None) -> list[str]:
    """The transcript with a fault."""
    middle, rng = len(texts) // 2, random.Random(1)
    if fault == "missing":
        return texts[:middle] + texts[middle + 6 :]
    if fault == "extra":
        return texts[:middle] + [OTHER] * 3 + texts[middle:]
    if fault == "words":
        others = ["table", "green", "seven", "jumping", "window", "orange", "paper", "stone"]
        return [" ".join(rng.choice(others) if rng.random() < 0.1 else x for x in text.split()) for text in texts]
    return texts


def word_errors(pieces: list[AlignedPiece], recording: Recording, folder: Path) -> list[float]:
    """Seconds between the words' starts and those of each reading alone."""
    alone = {
        name: [x.start for x in force_align(read_audio(folder / f"{name}.wav"), text, lexicon=NAMES).words if x.label]
        for name, text in dict(zip(recording.names, recording.texts, strict=True)).items()
    }
    truth = [at + start for name, at in zip(recording.names, recording.starts, strict=True) for start in alone[name]]
    found = [x.start for piece in pieces for x in piece.alignment.words if x.label]
    return [a - b for a, b in zip(found, truth, strict=True)]


def main() -> None:
    """Print what was found."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--minutes", type=float, default=6.0)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--fault", choices=("missing", "extra", "words"))
    options = arguments.parse_args()
    folder = options.data / "librivox"
    with tempfile.TemporaryDirectory() as place:
        recording = join_readings(folder, 60 * options.minutes, Path(place, "long.wav"))
        audio = read_audio(recording.path)
    print(f"{audio.duration:.0f} s, {sum(len(x.split()) for x in recording.texts)} words; read: {_memory():.0f} MB")
    text, began, cpu = "\n".join(damaged(recording.texts, options.fault)), time.perf_counter(), time.process_time()
    pieces = []
    for piece in align_in_pieces(audio, text, lexicon=NAMES):
        pieces.append(piece)
        if not piece.fits or piece.left_out:
            print(f"  {piece.start:.1f}–{piece.end:.1f} s does not fit; {len(piece.left_out)} words left out")
    print(
        f"{len(pieces)} pieces, {sum(x.fits for x in pieces)} fit; {time.perf_counter() - began:.0f} s "
        f"({time.process_time() - cpu:.0f} s of processor), peak {_memory():.0f} MB"
    )
    if options.fault is None:
        ms = 1000 * np.abs(word_errors(pieces, recording, folder))
        print(f"words from where each reading alone has them: median {np.median(ms):.1f} ms, "
              f"95 % within {np.quantile(ms, 0.95):.0f} ms, largest {ms.max():.0f} ms")  # fmt: skip


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
