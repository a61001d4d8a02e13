"""Words read off the lips of GRID's speakers: error rates of words and units, by viseme map, beside chance.

    python benchmarks/grid.py leave-one-out OUT benchmarks/lipread.py      # each speaker by a model without them
    python benchmarks/grid.py run OUT benchmarks/lipread.py                # again, with the models left in OUT python
    benchmarks/lipread.py --clips FOLDER [--map NAME ...]           # with the model that VISALIGN_LIP_MODEL names

"none" tells all phones apart. Units are visemes of the map, neighbours that are equal counted once; "seen" are those of
the viseme decoder, which knows no grammar.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from visalign import VisemeMap, read_lips
from visalign.corpora.grid import sentence_of
from visalign.errors import VisalignError
from visalign.language.phones import SILENCE
from visalign.lip_reading.error_rates import ErrorCount, chance, count_errors, viseme_forms
from visalign.lip_reading.grammar import WordGraph, read_grammar
from visalign.lip_reading.reading import read_words
from visalign.lips.lip_features import LipFeatures
from visalign.sync.lip_model import LipModel

MAPS = ("none", "azure_en_us", "hazen_2004", "jeffers_1971", "lee_yook_2002", "walden_1977", "woodward_barber_1960")
SLOTS = ("command", "colour", "preposition", "letter", "digit", "adverb")


def merged(labels: tuple[str, ...], silence: str) -> list[str]:
    kept = [label for label in labels if label not in {silence, ""}]
    return [label for k, label in enumerate(kept) if k == 0 or kept[k - 1] != label]


def unit_errors(said: list[str], shown: tuple[str, ...], viseme_map: VisemeMap | None) -> ErrorCount:
    silence = SILENCE if viseme_map is None else viseme_map.silence
    read = merged(shown, silence)
    forms = [merged(form, silence) for form in viseme_forms(said, viseme_map)]
    return min((count_errors(form, read) for form in forms), key=lambda x: x.rate or 0.0)


def measure(
    clips: list[tuple[LipFeatures, list[str]]], grammar: WordGraph, model: LipModel, name: str
) -> tuple[ErrorCount, ErrorCount, ErrorCount, list[int]]:
    """Words, units of the words that were read, units seen without a grammar, and wrong words in each slot."""
    viseme_map = None if name == "none" else VisemeMap.load(name)
    words, units, seen, wrong = ErrorCount(), ErrorCount(), ErrorCount(), [0] * len(SLOTS)
    for lips, said in clips:
        found = read_words(lips, grammar, model.decoder, viseme_map=viseme_map)
        read = found.sentence.split()
        words += count_errors(said, read)
        units += unit_errors(said, found.units.labels, viseme_map)
        if viseme_map is not None:
            seen += unit_errors(said, model.decoder.decode(lips, viseme_map).tier.labels, viseme_map)
        wrong = [n + (a != b) for n, a, b in zip(wrong, said, read, strict=True)]
    return words, units, seen, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--map", action="append", dest="maps")
    options = parser.parse_args()
    grammar, model, clips = read_grammar("grid"), LipModel.load(), []
    for path in sorted(options.clips.glob("*.mpg")):
        try:
            clips.append((read_lips(path), (sentence_of(path.stem) or "").split()))
        except VisalignError as error:
            print(f"left out: {error}")
    guess = chance([said for _, said in clips], grammar)
    print(f"{len(clips)} clips, {guess.rate:.1%} of the words wrong by chance" if guess.rate else "no clips")
    for name in options.maps or MAPS:
        words, units, seen, wrong = measure(clips, grammar, model, name)
        rates = [f"{x.rate:.1%}" if x.rate is not None else "-" for x in (words, units, seen)]
        slots = " ".join(f"{slot} {n / len(clips):.0%}" for slot, n in zip(SLOTS, wrong, strict=True))
        counts = f"{words.n_errors}/{words.n_said}"
        print(f"{name:22} words {rates[0]:6} ({counts}) units {rates[1]:6} seen {rates[2]:6} | {slots}")


if __name__ == "__main__":
    main()
