"""A trained model as the zip that the Montreal Forced Aligner writes, and reads.

Conventions
-----------
Nothing in the files depends on when or where they were made.

References
----------
.. [1] Montreal Forced Aligner 3.4, ``models.AcousticModel``: names of the files, keys of ``meta.json``.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from visalign.acoustic_training.paths import Path
from visalign.acoustic_training.settings import TrainingSettings
from visalign.acoustic_training.stages import Corpus
from visalign.acoustic_training.tied_states import NOISES, SILENCE
from visalign.acoustic_training.training_state import LearntModel, TrainingState
from visalign.acoustic_training.utterance import NotAligned, Progress
from visalign.errors import AnyPath
from visalign.files.outputs import check_output, whole_file
from visalign.forced_alignment.kaldi_features import FeatureOptions
from visalign.forced_alignment.kaldi_writing import format_matrix, format_model, format_tree
from visalign.forced_alignment.mfa_archive import MfaModel, model_of_files

__all__ = ["TrainedModel", "archive_bytes", "packed", "write_trained"]

MFA_VERSION = "3.4.3"
"""The version whose format is written; Montreal Forced Aligner reads a model by it."""

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time stamp of all members: the first one that a zip can have."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """What a training made.

    Parameters
    ----------
    files : mapping of str to bytes
        The members of the model's zip.
    rounds : tuple of Progress
    not_aligned : tuple of NotAligned
        Utterances that nothing was learnt from in the end, held-out ones not among them.
    held_out : tuple of str
        Names of the utterances that only measured.
    paths : mapping of str to Path
        How each utterance was aligned at last; see :meth:`phones_of`.
    transforms : mapping of str to ndarray
        The fMLLR of each speaker.
    """

    files: Mapping[str, bytes]
    rounds: tuple[Progress, ...]
    not_aligned: tuple[NotAligned, ...]
    held_out: tuple[str, ...]
    paths: Mapping[str, Path]
    transforms: Mapping[str, Any]

    @cached_property
    def model(self) -> MfaModel:
        """The model, read back from its files."""
        return model_of_files("trained model", self.files)


def packed(
    corpus: Corpus, settings: TrainingSettings, state: TrainingState, unheard: tuple[NotAligned, ...]
) -> TrainedModel:
    """The files of a finished training."""
    learnt = state.accepted
    assert learnt is not None
    mixtures = learnt.mixtures.evaluated()
    files = {"final.mdl": format_model(learnt.tied.kaldi_model(learnt.chances, mixtures))}
    if learnt.unadapted is not None:
        first = learnt.unadapted.evaluated()
        files["final.alimdl"] = format_model(learnt.tied.kaldi_model(learnt.chances, first))
    files["tree"] = format_tree(learnt.tied.kaldi_tree())
    if learnt.lda is not None:
        files["lda.mat"] = format_matrix(learnt.lda.astype(np.float32))
    symbols = ["<eps>", *learnt.tied.phones]
    files["phones.txt"] = "".join(f"{symbol}\t{i}\n" for i, symbol in enumerate(symbols)).encode()
    files["graphemes.txt"] = _graphemes(corpus)
    files["phone_pdf.counts"] = json.dumps(_pdf_counts(learnt, state)).encode()
    files["meta.json"] = json.dumps(_meta(corpus, settings, state, learnt), ensure_ascii=False).encode()
    names = [utterance.name for utterance in corpus.utterances]
    paths = {name: path for name, path in zip(names, state.paths, strict=True) if path is not None}
    return TrainedModel(
        files,
        state.rounds,
        (*unheard, *state.left_out),
        tuple(names[i] for i in corpus.held_out),
        paths,
        dict(learnt.transforms),
    )


def _graphemes(corpus: Corpus) -> bytes:
    """The letters of the words, in the table that MFA keeps of them."""
    letters = sorted({letter for utterance in corpus.utterances for word in utterance.words for letter in word})
    marks = ("<eps>", "<space>", "[bracketed]", "<cutoff>", "[laughter]")
    symbols = [*marks, *(x for x in letters if not x.isspace()), "<unk>", "#0", "<s>", "</s>"]
    return "".join(f"{symbol} {i}\n" for i, symbol in enumerate(dict.fromkeys(symbols))).encode()


def _pdf_counts(learnt: LearntModel, state: TrainingState) -> dict[str, dict[str, float]]:
    """Frames of each distribution, by phone."""
    counts: dict[str, dict[str, float]] = {phone: {} for phone in learnt.tied.phones}
    for path in state.paths:
        if path is None:
            continue
        rows = np.stack([np.repeat(path.phones, path.lengths), path.pdfs(learnt.tied)], axis=1)
        for (phone, pdf), n in zip(*_counted(rows), strict=True):
            own = counts[learnt.tied.phones[phone - 1]]
            own[str(pdf)] = own.get(str(pdf), 0.0) + n
    return counts


def _counted(rows: np.ndarray[Any, Any]) -> tuple[list[list[int]], list[int]]:
    unique, counts = np.unique(rows, axis=0, return_counts=True)
    return unique.tolist(), counts.tolist()


def _meta(corpus: Corpus, settings: TrainingSettings, state: TrainingState, learnt: LearntModel) -> dict[str, object]:
    phones = list(learnt.tied.phones[len(NOISES) :])
    return {
        "phones": phones,
        "phone_mapping": {symbol: i for i, symbol in enumerate(["<eps>", *learnt.tied.phones])},
        "phone_groups": {phone: [phone] for phone in phones},
        "version": MFA_VERSION,
        "architecture": "gmm-hmm",
        "train_date": "",
        "training": _facts(corpus, settings, state, learnt),
        "dictionaries": {
            "names": ["default"],
            "default": "default",
            "silence_word": "<eps>",
            "oov_word": "<unk>",
            "bracketed_word": "[bracketed]",
            "laughter_word": "[laughter]",
            "clitic_marker": "'",
            "position_dependent_phones": False,
        },
        "language": "unknown",
        "tokenization": "simple",
        "features": _features(settings, learnt),
        "oov_phone": NOISES[1],
        "optional_silence_phone": SILENCE,
        "phone_set_type": "UNKNOWN",
        "silence_probability": 0.5,
        "initial_silence_probability": 0.5,
        "final_silence_correction": None,
        "final_non_silence_correction": None,
        "duration_information": _durations(learnt, state, settings.features.frame_shift),
    }


def _facts(corpus: Corpus, settings: TrainingSettings, state: TrainingState, learnt: LearntModel) -> dict[str, object]:
    n_frames = sum(len(corpus.cepstra[i]) for i in corpus.learnt)
    return {
        "audio_duration": round(n_frames * settings.features.frame_shift, 3),
        "num_speakers": len({corpus.utterances[i].speaker for i in corpus.learnt}),
        "num_utterances": len(corpus.learnt),
        "num_oovs": sum(ways == ((NOISES[1],),) for u in corpus.utterances for ways in u.pronunciations),
        "average_log_likelihood": next(x.log_likelihood for x in reversed(state.rounds) if x.stage == learnt.kind),
    }


def _features(settings: TrainingSettings, learnt: LearntModel) -> dict[str, object]:
    options: FeatureOptions = settings.features
    adapts = learnt.unadapted is not None
    return {
        "type": "mfcc",
        "use_energy": options.use_energy,
        "frame_shift": round(1000 * options.frame_shift, 6),
        "frame_length": round(1000 * options.frame_length, 6),
        "snip_edges": options.snip_edges,
        "low_frequency": options.low_hz,
        "high_frequency": options.high_hz,
        "sample_frequency": options.rate_hz,
        "dither": options.dither,
        "energy_floor": options.energy_floor,
        "num_coefficients": options.n_coefficients,
        "num_mel_bins": options.n_mel_bins,
        "cepstral_lifter": options.lifter,
        "preemphasis_coefficient": options.preemphasis,
        "uses_cmvn": True,
        "uses_deltas": learnt.lda is None,
        "uses_voiced": False,
        "uses_splices": learnt.lda is not None,
        "uses_speaker_adaptation": adapts,
        "use_pitch": False,
        "use_voicing": False,
        "min_f0": 50,
        "max_f0": 800,
        "delta_pitch": 0.005,
        "penalty_factor": 0.1,
        "silence_weight": 0.0,
        "splice_left_context": settings.splice[0],
        "splice_right_context": settings.splice[1],
    }


def _durations(learnt: LearntModel, state: TrainingState, frame_shift: float) -> dict[str, list[float]]:
    """Mean and standard deviation of the log of each phone's length in seconds."""
    logs: dict[str, list[float]] = {}
    for path in state.paths:
        if path is None:
            continue
        for number, length in zip(path.phones.tolist(), path.lengths.tolist(), strict=True):
            if number > len(NOISES):
                logs.setdefault(learnt.tied.phones[number - 1], []).append(math.log(length * frame_shift))
    return {phone: [float(np.mean(rows)), float(np.std(rows))] for phone, rows in sorted(logs.items())}


def archive_bytes(name: str, files: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip with `files` in a folder `name`; they repeat."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in sorted(files.items()):
            row = zipfile.ZipInfo(f"{name}/{member}", EARLIEST)
            row.compress_type, row.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(row, data)
    return buffer.getvalue()


def write_trained(
    path: AnyPath,
    trained: TrainedModel,
    *,
    extra: Mapping[str, bytes] | None = None,
    provenance: Mapping[str, object] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a model as a zip.

    Parameters
    ----------
    path : path-like
    trained : TrainedModel
    extra : mapping of str to bytes, optional
        More members.
    provenance : mapping of str to object, optional
        More entries of ``training`` in ``meta.json``: languages, the lexicon, what was not aligned.
    overwrite : bool

    Raises
    ------
    OutputError
        If it can't be written.
    """
    files = dict(trained.files)
    if provenance:
        meta = json.loads(files["meta.json"])
        meta["training"] |= dict(provenance)
        files["meta.json"] = json.dumps(meta, ensure_ascii=False).encode()
    check_output(path, suffixes=[".zip"], overwrite=overwrite)
    data = archive_bytes(FilePath(path).stem, files | dict(extra or {}))
    with whole_file(path) as draft:
        draft.write_bytes(data)
