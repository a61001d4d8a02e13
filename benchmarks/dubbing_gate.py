"""What the release gate of a dub finds: programmes of GRID clips with known faults, and what each line fails.

    python benchmarks/grid.py run OUT benchmarks/dubbing_gate.py     # with the models that grid.py left in OUT
    python benchmarks/dubbing_gate.py --table OUT

The first line joins ten clips of a speaker to a programme, a line each, some of them with a fault in their sound, puts
the profile `dubbing` to it, and prints a line of counts for each kind of fault and each rule; the second adds up what
the runs printed. Every fourth programme has no fault.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from grid import sentence

from visalign.config import Config
from visalign.dubbing.measuring import measure_dubbing
from visalign.forced_alignment import force_align
from visalign.language.annotations import Cue
from visalign.lips.clip_faces import ClipFaces
from visalign.lips.lip_features import LipFeatures, read_lips, with_own_yardstick
from visalign.media.clips import read_audio
from visalign.signals import Audio, Channels
from visalign.sound.time_stretch import WarpCurve, stretched
from visalign.sync.judging import Instruments, hear, judge, see
from visalign.timeline import FrameTimes, Interval

RATE_HZ, FRAME = 16000, Fraction(1, 25)
N_LINES, N_PROGRAMMES, EVERY_CLEAN = 10, 8, 4


@dataclass(frozen=True)
class Take:
    """A clip: what is said, its lips, its sound as long as its picture, and where the words are."""

    text: str
    lips: LipFeatures
    sound: np.ndarray
    words: tuple[Interval, ...]

    @classmethod
    def of(cls, path: Path) -> Take:
        text, lips, audio = sentence(path.stem), read_lips(path), read_audio(path, RATE_HZ)
        words = tuple(word for word in force_align(audio, text).words if word.label)
        return cls(text, lips, fitted(audio.samples, round(len(lips) * FRAME * RATE_HZ)), words)


def fitted(samples: np.ndarray, n: int) -> np.ndarray:
    return np.pad(samples[:n], (0, max(0, n - len(samples))))


Spoken = tuple[np.ndarray, str]


def clean(take: Take, _: Sequence[Take]) -> Spoken:
    return take.sound, take.text


def shifted(seconds: float) -> Callable[[Take, Sequence[Take]], Spoken]:
    """The sound `seconds` early."""

    def made(take: Take, _: Sequence[Take]) -> Spoken:
        n, moved = round(seconds * RATE_HZ), np.zeros_like(take.sound)
        if n > 0:
            moved[:-n] = take.sound[n:]
        else:
            moved[-n:] = take.sound[:n]
        return moved, take.text

    return made


def slow(take: Take, _: Sequence[Take]) -> Spoken:
    """A tenth slower from its first word on."""
    start, end = take.words[0].start, take.words[-1].end
    return warped(take.sound, (start, end), end + 0.1 * (end - start)), take.text


def late_end(take: Take, _: Sequence[Take]) -> Spoken:
    """The last two words stretched, so that it ends 200 ms late."""
    start, end = take.words[-2].start, take.words[-1].end
    return warped(take.sound, (start, end), end + 0.2), take.text


def warped(sound: np.ndarray, part: tuple[float, float], end: float) -> np.ndarray:
    """A part of the sound stretched, so that it ends at `end`."""
    length = len(sound) / RATE_HZ
    end = min(end, length - 0.02)
    heard, spoken = np.array([-0.1, part[0], end, length + 0.1]), np.array([-0.1, *part, part[1] + length + 0.1 - end])
    fine = np.unique(np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(heard)]))
    curve = WarpCurve(fine, np.interp(fine, heard, spoken), 0.0)
    return stretched(Channels(sound[:, None].astype(np.float32), RATE_HZ, "mono"), curve, len(sound)).samples[:, 0]


def other_words(take: Take, others: Sequence[Take]) -> Spoken:
    """Another sentence of the speaker, that begins when this one did."""
    other = others[0]
    n = round((other.words[0].start - take.words[0].start) * RATE_HZ)
    source = np.pad(other.sound[max(n, 0) :], (max(-n, 0), 0))
    return fitted(source, len(take.sound)), other.text


def cut_short(take: Take, _: Sequence[Take]) -> Spoken:
    """Without its last two words: the mouth goes on."""
    n, fade, sound = round(take.words[-3].end * RATE_HZ), RATE_HZ // 100, take.sound.copy()
    sound[n : n + fade] *= np.linspace(1, 0, fade)
    sound[n + fade :] = 0
    return sound, " ".join(take.text.split()[:-2])


def words_too_many(take: Take, others: Sequence[Take]) -> Spoken:
    """Three words more than the mouth says."""
    other, sound = others[0], take.sound.copy()
    more = other.sound[round(other.words[0].start * RATE_HZ) : round(other.words[2].end * RATE_HZ)]
    first = round((take.words[-1].end + 0.02) * RATE_HZ)
    n = min(len(more), len(sound) - first)
    sound[first : first + n] = more[:n]
    return sound, f"{take.text} {' '.join(other.text.split()[:3])}"


FAULTS: Mapping[str, Callable[[Take, Sequence[Take]], Spoken]] = {
    "none": clean,
    "120 ms early": shifted(0.12),
    "120 ms late": shifted(-0.12),
    "200 ms early": shifted(0.2),
    "200 ms late": shifted(-0.2),
    "a tenth slower": slow,
    "ends 200 ms late": late_end,
    "another sentence": other_words,
    "two words missing": cut_short,
    "three words more": words_too_many,
}


def joined(takes: Sequence[Take]) -> LipFeatures:
    """The lips of clips one after the other."""
    parts = [take.lips for take in takes]
    values, n = np.vstack([lips.values for lips in parts]), sum(map(len, parts))
    times = FrameTimes(np.arange(n) * float(FRAME), n * float(FRAME), 1 / FRAME)
    mouth = np.concatenate([lips.mouth for lips in parts if lips.mouth is not None])
    visibility = np.concatenate([lips.visibility for lips in parts if lips.visibility is not None])
    whole = replace(parts[0], values=values, times=times, mouth=mouth, visibility=visibility, source="programme")
    return with_own_yardstick(whole)


def programme(takes: Sequence[Take], faults: Sequence[str], tools: Instruments) -> Any:
    """What is found about a programme of these clips with these faults."""
    sounds, cues, start = [], [], 0.0
    for number, (take, fault) in enumerate(zip(takes, faults, strict=True)):
        others = [*takes[number + 1 :], *takes[:number]]
        sound, text = FAULTS[fault](take, others)
        length = len(sound) / RATE_HZ
        cues.append(Cue(start + 0.1, start + length - 0.1, text))
        sounds.append(sound)
        start += length
    noise = 1e-4 * np.random.default_rng(1).standard_normal(sum(map(len, sounds)))
    heard = hear(Audio((np.concatenate(sounds) + noise).astype(np.float32), RATE_HZ), tuple(cues), tools.settings)
    seen = see(ClipFaces.of(joined(takes)), heard, tools)
    return measure_dubbing(heard, seen, judge(heard, seen, tools), tools)


def measure(folder: Path) -> None:
    """Print what is found in the programmes of one speaker."""
    takes = [Take.of(path) for path in sorted(folder.glob("*.mpg"))]
    tools = Instruments.of(Config().changed(profile="dubbing"))
    counts = Counter[tuple[str, str]]()
    for seed in range(N_PROGRAMMES if len(takes) >= N_LINES else 0):
        rng = np.random.default_rng(seed)
        chosen = [takes[k] for k in rng.permutation(len(takes))[:N_LINES]]
        kinds = ["none"] * N_LINES if seed % EVERY_CLEAN == EVERY_CLEAN - 1 else rng.permutation([*FAULTS]).tolist()
        dubbing = programme(chosen, kinds, tools)
        passed = "passed" if dubbing.gate.passed else "not passed"
        counts[f"programme {'without' if set(kinds) == {'none'} else 'with'} faults", passed] += 1
        for line, kind in zip(dubbing.lines, kinds, strict=True):
            failed = dubbing.failed(line)
            for said in (*failed, *["lines"], *["failing"] * bool(failed), *["judged"] * line.is_judged):
                counts[kind, said] += 1
    for (kind, said), n in sorted(counts.items()):
        print(f"{kind}\t{said}\t{n}")


def table(out: Path) -> None:
    """Print the sums over all speakers as a table."""
    total = Counter[tuple[str, str]]()
    for path in sorted(out.glob("*.dubbing_gate.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            kind, said, n = line.split("\t")
            total[kind, said] += int(n)
    rules = ("lead", "start", "end", "match", "overrun", "dead-air", "closures", "open-vowels")
    print(f"| fault | lines | that fail | {' | '.join(rules)} |")
    print("|" + "---|" * (len(rules) + 3))
    for kind in FAULTS:
        n = total[kind, "lines"]
        cells = [total[kind, rule] or "" for rule in rules]
        print(f"| {kind} | {n} | {total[kind, 'failing'] / max(n, 1):.0%} | {' | '.join(map(str, cells))} |")
    for kind in ("programme without faults", "programme with faults"):
        print(f"{kind}: {total[kind, 'passed']} of {total[kind, 'passed'] + total[kind, 'not passed']} passed")


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
