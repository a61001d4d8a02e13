"""Models adapted and trained from little speech: what it brings, on speech that they did not learn from.

    python benchmarks/acoustic_corpus.py adapt --data DIR --eval DIR
    python benchmarks/acoustic_corpus.py train --data DIR --minutes 5 --minutes 10 --minutes 99
    python benchmarks/acoustic_corpus.py misfits --data DIR --share 0.05

`adapt`: the built-in English model adapted to AE (Australian), each utterance by the others; starts of phones against
hand labels by the scripts in `--eval` (``boundaries.py``, ``corpora.py``). `train`: Arabic news, every fourth speaker
left out; from nothing and from the English model, monophones and triphones on cepstra and slopes, so that likelihoods
compare. Word starts are compared with a recogniser's, which are no truth. `misfits`: a share of the texts of Arabic
news is dealt out anew among its utterances before the training, and those that are doubted afterwards are counted.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from visalign import force_align, read_audio
from visalign.acoustic_training.adapting import adapt
from visalign.acoustic_training.corpus import Stretch, StretchOfSound
from visalign.acoustic_training.misfits import gain_of, misfits
from visalign.acoustic_training.pronunciations import pronounce_words, spoken_utterances
from visalign.acoustic_training.settings import TrainingSettings, stages_for
from visalign.acoustic_training.trained_model import TrainedModel
from visalign.acoustic_training.trainer import train
from visalign.acoustic_training.utterance import Utterance
from visalign.errors import VisalignError
from visalign.forced_alignment.acoustic_model import AcousticModel, KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.decoding_graph import build_graph
from visalign.forced_alignment.gmm_hmm import GmmHmmAligner
from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
from visalign.forced_alignment.pocketsphinx import pcm_for_model
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.forced_alignment.viterbi import NoPath, best_path
from visalign.language.languages import language_lexicon
from visalign.language.lexicon import Pronunciation, embedded_lexicon
from visalign.language.transcript import read_aloud

LANGUAGE = "ar"
EVERY = 4  # of the speakers, this one is left out
SEED = 0


def adapt_to_ae(data: Path, scripts: Path) -> None:
    """Print a row before and after."""
    sys.path.insert(0, str(scripts))
    boundaries, corpora = importlib.import_module("boundaries"), importlib.import_module("corpora")
    wavs = sorted((data / "ae").glob("*.wav"))
    texts = [corpora.ae_transcript(wav) for wav in wavs]
    rows = [
        Stretch(wav.name, "msajc", StretchOfSound(wav), tuple(text.split()))
        for wav, text in zip(wavs, texts, strict=True)
    ]
    base = SphinxAcoustics(embedded_model())
    errors: dict[str, list[float]] = {"before": [], "adapted to the others": []}
    n_labels = 0
    for place, (wav, text) in enumerate(zip(wavs, texts, strict=True)):
        expected = boundaries._ae(corpora.ae_levels(wav)["Phonetic"])
        n_labels += len(expected)
        found = adapt(base, rows[:place] + rows[place + 1 :], embedded_lexicon())
        last = found.rounds[-1]
        print(f"{wav.name}: {found.seconds:.1f} s, {last.before:.2f} to {last.after:.2f} a frame, {last.strength}")
        for name, model in (("before", base), ("adapted to the others", found.model)):
            phones = force_align(read_audio(wav), text, aligner=GmmHmmAligner(model)).phones
            errors[name] += boundaries.start_errors(boundaries._spoken(phones), expected)
    for name, row in errors.items():
        print(boundaries.row(name, row, n_labels))


def arabic(data: Path) -> tuple[list[Utterance], dict[str, list[float]]]:
    """The utterances of the news, and the starts of their words by a recogniser."""
    folder = data / "arabic_news"
    lexicon = language_lexicon(LANGUAGE)
    stretches, starts = [], {}
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            words = read_aloud(row["vowelled"] or row["text"], lexicon).words
            stretches.append(Stretch(row["file"], row["speaker"], StretchOfSound(folder / row["file"]), words))
            starts[row["file"]] = [float(x) for x in re.findall(r"\[([\d.]+)-", row["word_times"])]
    pronounced = pronounce_words([word for x in stretches for word in x.words], None, LANGUAGE)
    return spoken_utterances(stretches, pronounced)[0], starts


def parted(utterances: Sequence[Utterance]) -> tuple[list[Utterance], list[Utterance]]:
    """Those to learn from, and those of the speakers that are left out."""
    names = sorted({x.speaker for x in utterances})
    out = set(names[::EVERY])
    return [x for x in utterances if x.speaker not in out], [x for x in utterances if x.speaker in out]


def first_minutes(utterances: Sequence[Utterance], minutes: float) -> list[Utterance]:
    """Utterances drawn by lot until so many minutes are full."""
    order = np.random.default_rng(SEED).permutation(len(utterances))
    seconds, chosen = 0.0, []
    for place in order.tolist():
        if seconds >= 60 * minutes:
            break
        chosen.append(utterances[place])
        seconds += utterances[place].read().duration
    return chosen


def trained_on(utterances: Sequence[Utterance], start: AcousticModel | None) -> TrainedModel:
    """Monophones and triphones."""
    seconds = sum(x.read().duration for x in utterances)
    phones = {phone for x in utterances for ways in x.pronunciations for way in ways for phone in way}
    stages = stages_for(seconds, len(phones), bootstrapped=start is not None)[:2]
    return train(utterances, TrainingSettings(stages=stages, seed=SEED), start=start)


def likelihoods(model: AcousticModel, utterances: Sequence[Utterance]) -> Iterator[float]:
    """Log-likelihood a frame of each utterance with its words; NaN where they can't be placed."""
    for x in utterances:
        try:
            sound = x.read()
            frames = model.features(sound, pcm_for_model(sound))
            rows = zip(x.words, x.pronunciations, strict=True)
            variants = [model.variants(word, [Pronunciation(way) for way in ways]) for word, ways in rows]
            graph = build_graph(variants, model, model.silence_costs)
            scores = model.log_likelihoods(frames, graph.pdf_ids)
            pdfs = graph.pdfs[best_path(graph, model.scale * scores).states]
        except (NoPath, VisalignError):
            yield float("nan")
            continue
        yield float(scores[np.arange(len(frames)), pdfs].mean())


def word_errors(model: AcousticModel, utterances: Sequence[Utterance], starts: dict[str, list[float]]) -> list[float]:
    """By how much words but the first start otherwise than by the recogniser, in seconds."""
    aligner, errors = GmmHmmAligner(model), list[float]()
    for x in utterances:
        variants = [
            model.variants(word, [Pronunciation(way) for way in ways])
            for word, ways in zip(x.words, x.pronunciations, strict=True)
        ]
        try:
            found = [y.start for y in aligner.align_variants(x.read(), x.words, variants).words if y.label]
        except VisalignError:
            continue
        if len(found) == len(starts[x.name]):
            errors += [abs(a - b) for a, b in zip(found[1:], starts[x.name][1:], strict=True)]
    return errors


def train_on_arabic(data: Path, minutes: Sequence[float]) -> None:
    """Print a row for each amount of speech and each beginning."""
    utterances, starts = arabic(data)
    learnt, left_out = parted(utterances)
    print(
        f"{len(learnt)} utterances to learn from, {len(left_out)} of {len({x.speaker for x in left_out})} speakers out"
    )
    english = MappedAcoustics(embedded_model())
    print(_row("English, mapped, nothing learnt", [], word_errors(english, left_out, starts), 0.0, 0))
    for amount in minutes:
        some = first_minutes(learnt, amount)
        seconds = sum(x.read().duration for x in some)
        for name, start in (("flat", None), ("from English", english)):
            begun = time.perf_counter()
            trained = trained_on(some, start)
            took = time.perf_counter() - begun
            model = KaldiAcoustics(trained.model)
            found = [x for x in likelihoods(model, left_out) if x == x]
            what = f"{seconds / 60:.1f} min, {name}, {model.model.model.mixtures.n_mixtures} states"
            print(_row(what, found, word_errors(model, left_out, starts), took, len(trained.not_aligned)), flush=True)


def _row(what: str, found: Sequence[float], errors: Sequence[float], took: float, n_lost: int) -> str:
    ms = 1000 * np.array(errors)
    mean = f"{np.mean(found):8.3f} a frame ({len(found)})" if found else " " * 21
    shares = " ".join(f"{100 * np.mean(ms <= limit):5.1f}" for limit in (20, 50, 100))
    told = f"{what:44} {mean}  words within 20/50/100 ms {shares}  median {np.median(ms):4.0f} ms"
    return f"{told}  {took:4.0f} s, {n_lost} lost"


def find_misfits(data: Path, share: float) -> None:
    """Print how many texts that belong elsewhere are found, and how many are that do not."""
    utterances, _ = arabic(data)
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(utterances), round(share * len(utterances)), replace=False)
    texts = {a: utterances[b] for a, b in zip(chosen.tolist(), np.roll(chosen, 1).tolist(), strict=True)}
    mixed = [
        x if n not in texts else Utterance(x.name, x.speaker, x.sound, texts[n].words, texts[n].pronunciations)
        for n, x in enumerate(utterances)
    ]
    wrong = {mixed[n].name for n in texts}
    trained = trained_on(mixed, MappedAcoustics(embedded_model()))
    lost = {x.utterance for x in trained.not_aligned}
    rest = [x for x in mixed if x.name not in lost]
    model = KaldiAcoustics(trained.model)
    doubted = {x.utterance for x in misfits(model, rest)}
    told = lost | doubted
    print(
        f"{len(wrong)} texts of {len(mixed)} belong elsewhere: {len(wrong & lost)} not aligned, {len(wrong & doubted)} "
        f"doubted; of the {len(mixed) - len(wrong)} others {len(lost - wrong)} and {len(doubted - wrong)} "
        f"({len(told & wrong)} of {len(told)} that are told are wrong)"
    )
    gains = [(gain_of(model, x), x.name in wrong) for x in rest]
    for kind in (False, True):
        row = [gain for gain, is_wrong in gains if gain is not None and is_wrong is kind]
        quantiles = " ".join(f"{x:+.2f}" for x in np.percentile(row, [1, 5, 25, 50, 75, 95]))
        print(f"gain of {'wrong' if kind else 'right'} texts, 1 5 25 50 75 95 %: {quantiles}")


def main() -> None:
    """Do what is asked for."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=("adapt", "train", "misfits"))
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--eval", type=Path, dest="scripts")
    arguments.add_argument("--minutes", type=float, action="append")
    arguments.add_argument("--share", type=float, default=0.05)
    options = arguments.parse_args()
    if options.what == "adapt":
        adapt_to_ae(options.data, options.scripts)
    elif options.what == "train":
        train_on_arabic(options.data, options.minutes or [5.0, 10.0, 99.0])
    else:
        find_misfits(options.data, options.share)


if __name__ == "__main__":
    main()
