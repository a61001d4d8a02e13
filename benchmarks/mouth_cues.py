"""Mouth cues, exports and previews in figures: what docs/exports.md shows.

    python benchmarks/mouth_cues.py FOLDER [--side-by-side NAME]

FOLDER holds recordings with transcripts beside them (``line.wav`` and ``line.txt``). Printed are: how much of the time
of each phone shows a shape that Rhubarb's rules allow for it; keys of rig curves before and after reduction, with the
largest error; CPU seconds that each format takes. ``--side-by-side`` sets the timeline of one recording beside the
rules, phone by phone.
"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from visalign.animation.mouth_cues import CueTiming, mouth_cues
from visalign.animation.mouth_rules import load_mouth_rules
from visalign.exports import EXPORTERS, ExportOptions, Utterance, load_exporter, read_utterance
from visalign.exports.channels import Channels, weight_channels
from visalign.language.phones import is_silence

RULES = load_mouth_rules()
ERRORS = (0.0, 0.005, 0.01, 0.02, 0.05)
STEP = 0.001  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side-by-side", metavar="NAME")
    arguments = parser.parse_args()
    utterances = {x.stem: read(x) for x in sorted(arguments.folder.glob("*.wav"))}
    if arguments.side_by_side:
        side_by_side(utterances[arguments.side_by_side])
        return
    for tweens in (False, True):
        agreement(list(utterances.values()), tweens)
    key_reduction(list(utterances.values()))
    format_times(list(utterances.values()))


def read(sound: Path) -> Utterance:
    return read_utterance(sound, sound.with_suffix(".txt").read_text(encoding="utf-8"))


def allowed_at(utterance: Utterance, moment: float) -> tuple[str, ...]:
    """Shapes that the rules allow for the phone at this moment; none where the neighbours decide."""
    phone = utterance.phones[utterance.phones.index_at(moment) or 0]
    if is_silence(phone.label):
        return (RULES.rest,) if phone.duration > CueTiming().rest_after else ()
    part = (moment - phone.start) / phone.duration
    return next(x.shapes for x in RULES.parts(phone.label, phone.duration) if part < x.end)


def agreement(utterances: list[Utterance], tweens: bool) -> None:
    n_right = n_judged = 0
    for utterance in utterances:
        cues = mouth_cues(utterance.phones, RULES, CueTiming(tweens=tweens))
        for moment in np.arange(utterance.phones.start + STEP / 2, utterance.phones.end, STEP):
            allowed = allowed_at(utterance, float(moment))
            if allowed:
                n_judged += 1
                n_right += cues.label_at(float(moment)) in allowed
    name = "with" if tweens else "without"
    print(f"{name} in-betweens: {n_right / n_judged:.1%} of {n_judged * STEP:.1f} s show a shape that the rules allow")


def key_reduction(utterances: list[Utterance]) -> None:
    exporter = load_exporter("unity-anim")
    print("recipe, rate: keys at each frame; then for each bound keys (share), largest error")
    for recipe in ("arkit_openfacefx", "oculus"):
        for rate in (Fraction(24), Fraction(60)):
            options = ExportOptions(rate=rate, recipe=recipe)
            found = [weight_channels(x, options, exporter) for x in utterances]
            whole = sum(x.values.size for x in found)
            cells = [
                f"{error}: {n / whole:.1%}, {worst:.4f}" for error in ERRORS for n, worst in [reduced(found, error)]
            ]
            print(f"{recipe} {rate}: {whole}; " + " | ".join(cells))


def reduced(found: list[Channels], error: float) -> tuple[int, float]:
    n_keys, worst = 0, 0.0
    for channels in found:
        frames = np.arange(len(channels))
        for column, curve in zip(channels.values.T, channels.curves(error), strict=True):
            n_keys += len(curve.frames)
            worst = max(worst, float(np.max(np.abs(np.interp(frames, curve.frames, curve.values) - column))))
    return n_keys, worst


def format_times(utterances: list[Utterance]) -> None:
    seconds = sum(x.duration for x in utterances)
    print(f"CPU ms a second of audio, alignment apart ({len(utterances)} recordings, {seconds:.1f} s)")
    for name in EXPORTERS:
        exporter, size = load_exporter(name), 0
        begin = time.process_time()
        for utterance in utterances:
            size += len(exporter.render(utterance, ExportOptions()))
        print(f"{name}: {1000 * (time.process_time() - begin) / seconds:.2f} ms, {size / seconds / 1000:.2f} kB")


def side_by_side(utterance: Utterance) -> None:
    cues = mouth_cues(utterance.phones, RULES)
    print("| s | phone | word | Rhubarb's rule allows | shown |\n|---|---|---|---|---|")
    for phone in utterance.phones:
        word = utterance.words.label_at(phone.centre) or ""
        silent = is_silence(phone.label)
        parts = [] if silent else RULES.parts(phone.label, phone.duration)
        rule = "pause" if silent else " then ".join("".join(x.shapes) or "any" for x in parts)
        shown = " ".join(x.label for x in cues if x.overlap(phone) > 0.01)
        print(f"| {phone.start:.2f} | {phone.label} | {word} | {rule} | {shown} |")


if __name__ == "__main__":
    main()
