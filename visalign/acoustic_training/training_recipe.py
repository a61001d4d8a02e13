"""From a folder of recordings with texts to an acoustic model: what ``visalign acoustic train`` does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from visalign.acoustic_training.contents import BUILT_IN, model_named
from visalign.acoustic_training.corpus import LeftOut, SpokenCorpus, read_spoken_corpus
from visalign.acoustic_training.misfits import misfits
from visalign.acoustic_training.pronunciations import Pronounced, pronounce_words, read_language, spoken_utterances
from visalign.acoustic_training.reports import as_row, tell_nobody
from visalign.acoustic_training.settings import TrainingSettings
from visalign.acoustic_training.trained_model import TrainedModel, write_trained
from visalign.acoustic_training.trainer import train
from visalign.acoustic_training.training_state import FILE
from visalign.acoustic_training.utterance import NotAligned, Progress, Utterance
from visalign.errors import AnyPath, InputError, ParseError, quoted
from visalign.files.outputs import made_folder
from visalign.files.text_files import rounded
from visalign.forced_alignment.acoustic_model import AcousticModel, KaldiAcoustics
from visalign.forced_alignment.mapped_acoustics import MappedAcoustics
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.g2p.joint_ngram import PACKED
from visalign.language.languages import language_lexicon
from visalign.language.lexicon import Lexicon, read_lexicon
from visalign.language.phone_lists import is_arpabet
from visalign.language.phones import is_phone

__all__ = ["FLAT", "Recipe", "TrainedOnCorpus", "report_of", "train_on_corpus"]

FLAT = "flat"
"""What a user calls a training that begins from nothing."""

WORK_SUFFIX = ".work"

Say = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a model is trained on, and from where it begins.

    Parameters
    ----------
    corpus : path-like
    lexicon : path-like, optional
        A dictionary.
    language : str, optional
    start : str
        :data:`~visalign.acoustic_training.contents.BUILT_IN`, `FLAT`, or the path of a model.
    layout : str
        Of the corpus, see :data:`visalign.corpora.layout.LAYOUTS`.
    speakers : path-like, optional
        A table of who speaks.
    seed : int
    """

    corpus: AnyPath
    lexicon: AnyPath | None = None
    language: str | None = None
    start: str = BUILT_IN
    layout: str = "folder"
    speakers: AnyPath | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class TrainedOnCorpus:
    """A model and what there is to say of its making.

    Parameters
    ----------
    trained : TrainedModel
    utterances : tuple of Utterance
        What it was given.
    pronounced : Pronounced
    left_out : tuple of LeftOut
        Recordings and stretches that nothing was learnt from, and why.
    doubted : tuple of NotAligned
        Utterances that were learnt from, whose texts are probably not what is said.
    """

    trained: TrainedModel
    utterances: tuple[Utterance, ...] = field(repr=False)
    pronounced: Pronounced
    left_out: tuple[LeftOut, ...]
    doubted: tuple[NotAligned, ...]


def train_on_corpus(
    recipe: Recipe,
    out: AnyPath,
    *,
    work: AnyPath | None = None,
    n_jobs: int = 1,
    overwrite: bool = False,
    progress: Say | None = None,
) -> TrainedOnCorpus:
    """Train a model and write it, whole under its name or not at all.

    Parameters
    ----------
    recipe : Recipe
    out : path-like
        The zip.
    work : path-like, optional
        Folder in which is kept what is done so far; a run that was stopped goes on from there. None: `out` with the
        ending ``.work``, which is removed when the model is written.
    n_jobs : int
        Processes. The model does not depend on them.
    overwrite : bool
        Replace a file that holds something else.
    progress : callable, optional
        Is told what is done, and which part of it is behind where that can be told.

    Raises
    ------
    InputError
        If nothing can be learnt from the corpus, or the work folder belongs to another training.
    ParseError
        If lexicon, table or model can't be read.
    ConfigError
        If there is no such language or layout.
    OutputError
        If the model can't be written.
    """
    say = progress or tell_nobody
    own = None if recipe.lexicon is None else read_lexicon(recipe.lexicon)
    read = _corpus(recipe, own, say)
    say("learning how words are said", None)
    pronounced = pronounce_words(read.words, own, recipe.language)
    start = _start(recipe, own, pronounced)
    utterances, unsaid = spoken_utterances(read.stretches, pronounced)
    if not utterances:
        raise InputError(f"{recipe.corpus}: nothing can be learnt from it. {unsaid[0].reason}")
    folder = Path(work) if work is not None else Path(out).with_suffix(WORK_SUFFIX)
    trained = train(
        utterances,
        TrainingSettings(seed=recipe.seed),
        start=start,
        folder=made_folder(folder),
        progress=lambda x: say(*_in_words(x)),
        workers=n_jobs,
    )
    model = pronounced.packed_model()
    write_trained(
        out,
        trained,
        extra={} if model is None else {PACKED: model},
        provenance=_provenance(recipe, read, pronounced),
        overwrite=overwrite,
    )
    kept = {x.utterance for x in trained.not_aligned}
    doubted = misfits(KaldiAcoustics(trained.model), [x for x in utterances if x.name not in kept], progress)
    if work is None:
        _remove(folder)
    lost = [LeftOut(x.utterance, x.speaker, _named(x.utterance, x.reason)) for x in trained.not_aligned]
    left_out = (*read.left_out, *unsaid, *lost)
    return TrainedOnCorpus(trained, tuple(utterances), pronounced, left_out, tuple(doubted))


def _named(name: str, reason: str) -> str:
    return reason if name in reason else f"{name}: {reason}"


def _corpus(recipe: Recipe, own: Lexicon | None, say: Say) -> SpokenCorpus:
    known = language_lexicon(recipe.language) if own is None else own
    return read_spoken_corpus(
        recipe.corpus,
        known,
        layout=recipe.layout,
        language=read_language(own, recipe.language),
        speakers=recipe.speakers,
        progress=say,
    )


def _start(recipe: Recipe, own: Lexicon | None, pronounced: Pronounced) -> AcousticModel | None:
    """The model with which the corpus is first aligned."""
    if recipe.start == FLAT:
        return None
    if recipe.start != BUILT_IN:
        return model_named(recipe.start)
    strange = [x for x in pronounced.phones if not is_phone(x, "ipa") and not is_arpabet(x)]
    if strange:
        raise _strange_phone(strange, own)
    return MappedAcoustics(embedded_model())


def _strange_phone(strange: Sequence[str], own: Lexicon | None) -> InputError:
    shown = ", ".join(map(quoted, strange[:5])) + (" …" if len(strange) > 5 else "")
    reason = (
        f"{len(strange)} phone(s) are neither IPA, X-SAMPA nor ARPABET ({shown}), so that the English model does not "
        "know what they sound like. Correct them, or begin from nothing with --from flat"
    )
    ways = (way for entries in (own.entries.values() if own else ()) for way in entries)
    place = next((x.place for x in ways if x.place is not None and strange[0] in x.phones), None)
    return InputError(reason) if place is None else ParseError(place.name, place.line, reason)


def _in_words(x: Progress) -> tuple[str, float | None]:
    """A line for whoever waits."""
    told = f"{x.stage}, round {x.round} of {x.n_rounds}"
    if not math.isnan(x.log_likelihood):
        told += f": {x.log_likelihood:.3f} a frame"
    if math.isfinite(x.held_out):
        told += f", held out {x.held_out:.3f}"
    return told, x.round / x.n_rounds if x.n_rounds else None


def _provenance(recipe: Recipe, read: SpokenCorpus, pronounced: Pronounced) -> dict[str, object]:
    """What the model says of its making; names only, no place of this machine."""
    return {
        "corpus": Path(recipe.corpus).resolve().name,
        "language": recipe.language or "",
        "lexicon": "" if recipe.lexicon is None else Path(recipe.lexicon).name,
        "start": recipe.start if recipe.start in (FLAT, BUILT_IN) else Path(recipe.start).name,
        "seed": recipe.seed,
        "n_speakers": len(read.speakers),
        "n_words": len(pronounced.ways),
        "n_guessed": len(pronounced.guessed),
    }


def _remove(folder: Path) -> None:
    """Remove a work folder of the trainer's own; what else lies in it stays."""
    (folder / FILE).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def report_of(found: TrainedOnCorpus) -> dict[str, Any]:
    """What a training did, ready for JSON."""
    return {
        "n_utterances": len(found.utterances),
        "speakers": sorted({x.speaker for x in found.utterances}),
        "phones": list(found.pronounced.phones),
        "rounds": [_rounded(asdict(x)) for x in found.trained.rounds],
        "guessed": {x: [" ".join(way) for way in found.pronounced.ways[x]] for x in found.pronounced.guessed},
        "unknown": list(found.pronounced.unknown),
        "left_out": [as_row(x.name, x.speaker, "left out", x.reason) for x in found.left_out],
        "doubted": [as_row(x.utterance, x.speaker, "doubted", x.reason) for x in found.doubted],
    }


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: rounded(x) if isinstance(x, float) else x for key, x in row.items()}
