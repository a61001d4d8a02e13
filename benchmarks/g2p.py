"""Guessed pronunciations: 1,000 held-out words of CMUdict, and the building of the shipped model.

    python benchmarks/g2p.py                  # the table, with the shipped model
    python benchmarks/g2p.py --build FILE     # learn the model anew from the rest of the dictionary (minutes)

The dictionary is the one that PocketSphinx brings along (CMUdict without stress). A word is right where the guess is
one of its pronunciations; the phone error rate is the edit distance to the nearest of them, over its phones.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path

from visalign.errors import BackendUnavailable
from visalign.language.g2p.espeak import EspeakG2p
from visalign.language.g2p.joint_ngram import embedded_g2p
from visalign.language.g2p.training import train_joint_ngram
from visalign.language.lexicon import Lexicon, embedded_lexicon

N_HELD_OUT = 1000
NOTICE = "CMUdict, Copyright (c) 1999-2016 Carnegie Mellon University; BSD-2-Clause, lexicons/CMUDICT-LICENSE.txt"


def dictionary() -> Lexicon:
    """CMUdict, without visalign's additions."""
    found = embedded_lexicon().fallback
    assert found is not None
    return found


def held_out(lexicon: Lexicon) -> list[str]:
    """1,000 words of letters only, chosen once for all."""
    words = sorted(word for word in lexicon.entries if word.isalpha())
    return sorted(random.Random(0).sample(words, N_HELD_OUT))


def distance(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Least substitutions, insertions and deletions from one to the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def measure(name: str, guess: Callable[[str], list[tuple[str, ...]]], lexicon: Lexicon) -> None:
    """Print one row."""
    begin = time.process_time()
    guesses = {word: guess(word) for word in held_out(lexicon)}
    seconds = time.process_time() - begin
    wrong = wrong_all = errors = n_phones = 0
    for word, found in guesses.items():
        truths = [p.phones for p in lexicon[word]]
        error, length = min((distance(found[0] if found else (), truth), len(truth)) for truth in truths)
        errors, n_phones, wrong = errors + error, n_phones + length, wrong + (error > 0)
        wrong_all += not set(truths) & set(found)
    print(
        f"{name:28} word errors {wrong / len(guesses):6.1%}   phone errors {errors / n_phones:6.2%}   "
        f"none of {max(map(len, guesses.values()))} right {wrong_all / len(guesses):6.1%}   {seconds:.1f} ms a word"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path)
    options = parser.parse_args()
    lexicon = dictionary()
    if options.build is not None:
        held = set(held_out(lexicon))
        pairs = ((word, p.phones) for word in lexicon.entries if word not in held for p in lexicon[word])
        source = {"source": NOTICE, "held_out": f"{N_HELD_OUT} words, benchmarks/g2p.py"}
        model = train_joint_ngram(pairs, provenance=source)
        model.save(options.build)
        print(f"{options.build}: {options.build.stat().st_size / 1e6:.2f} MB, {[len(t) for t in model.tables]} n-grams")
        return
    measure("built-in, joint 8-gram", lambda word: [g.phones for g in embedded_g2p().spell(word, 3)], lexicon)
    try:
        espeak = EspeakG2p("en-us")
    except BackendUnavailable as error:
        print(error)
        return
    measure("eSpeak NG, en-us", lambda word: [p.phones for p in espeak(word)], lexicon)


if __name__ == "__main__":
    main()
