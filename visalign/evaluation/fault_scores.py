"""How well words at fault are told from words in sync: the scorer of the benchmark of word faults.

It knows no program: what is scored is a table with a row a word, from whatever judged it. How a word that was judged is
matched with a word that is true of the clip, and what is counted, stands here and nowhere else.

Measures
--------
*Area under the ROC curve*: the chance that a word at fault gets a lower score than a clean word of the same speaker.
Scores of different faces are not compared; areas are averaged with the number of words at fault as weight.

*F1* at one threshold for all, chosen on the other speakers, so that no speaker's faults choose for him.

*False alarms*: clean words flagged, a minute of clean speech. A program's own flags count where it has them.

*Precision at a rate*: which part of a program's own flags is right where 1 %, or 10 %, of all words are at fault, as in
practice: r h / (r h + (1 - r) a), with the part h of words at fault and a of clean words that it flags. In the
benchmark one word in six is at fault, which flatters.

*Error of the lead*: of words that were moved and flagged, median of the absolute difference, seconds.

Conventions
-----------
Scores run from 0 to 1, high in sync. A word that can't be told has no score (NaN): it is flagged by nobody, and for the
area it stands in the middle.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from visalign.evaluation.protocol import area_under_roc
from visalign.evaluation.word_faults import CLEAN, FAULT

__all__ = [
    "JUDGED",
    "MORE_TRUTH",
    "TRUTH",
    "best_threshold",
    "f1_at",
    "matched",
    "precision_at",
    "scores_by",
    "scores_of",
]

Floats: TypeAlias = npt.NDArray[np.float64]

LENGTHS = ((0.0, 0.15), (0.15, 0.3), (0.3, 100.0))
"""Seconds from and to which words are long, by :func:`scores_by`."""

UNTOLD = 0.5
"""The score of a word that can't be told, for the area."""

TRUTH = ("clip", "speaker", "kind", "size_seconds", "word", "start_seconds", "end_seconds", "state", "lead_seconds")
"""Columns of what is true, a row a word; `clip` names the faulty clip, `kind` is empty where nothing was done."""

MORE_TRUTH = ("has_closure",)
"""A column that may follow: whether the lips meet in the word (P, B, M)."""

JUDGED = ("clip", "start_seconds", "end_seconds", "score", "is_flagged", "lead_seconds")
"""Columns of what was judged, a row a word."""


def matched(truth: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """The true words with the judgement of what was found in their place.

    A word takes the judgements of all words found over it, each with the time that they share as weight; it is flagged
    where one that shares half of either is.

    Parameters
    ----------
    truth : DataFrame
        With the columns of :data:`TRUTH`.
    judged : DataFrame
        With the columns of :data:`JUDGED`.

    Returns
    -------
    DataFrame
        `truth` with the columns ``score``, ``is_flagged`` and ``judged_lead_seconds``.
    """
    by_clip = {str(clip): rows for clip, rows in judged.groupby("clip", sort=False)}
    clips, starts, ends = (truth[name].tolist() for name in ("clip", "start_seconds", "end_seconds"))
    scores, flags, leads = [], [], []
    for clip, start, end in zip(clips, starts, ends, strict=True):
        found = _found(start, end, by_clip.get(str(clip)))
        scores.append(found[0])
        flags.append(found[1])
        leads.append(found[2])
    return truth.assign(score=scores, is_flagged=flags, judged_lead_seconds=leads)


def _found(start: float, end: float, rows: pd.DataFrame | None) -> tuple[float, bool, float]:
    if rows is None:
        return np.nan, False, np.nan
    starts, ends = rows["start_seconds"].to_numpy(float), rows["end_seconds"].to_numpy(float)
    shared = np.clip(np.minimum(ends, end) - np.maximum(starts, start), 0, None)
    known = (shared > 0) & rows["score"].notna().to_numpy()
    half = shared >= 0.5 * np.minimum(ends - starts, end - start)
    flagged = bool((rows["is_flagged"].to_numpy(bool) & half & (shared > 0)).any())
    if not known.any():
        return np.nan, flagged, np.nan
    score = float(np.average(rows["score"].to_numpy(float)[known], weights=shared[known]))
    return score, flagged, float(rows["lead_seconds"].to_numpy(float)[known][shared[known].argmax()])


def scores_of(words: pd.DataFrame) -> pd.DataFrame:
    """The measures by kind and size of fault.

    Parameters
    ----------
    words : DataFrame
        As :func:`matched` gives them, clips without a fault among them.

    Returns
    -------
    DataFrame
        A row for each kind and size, and one of all: ``kind``, ``size_seconds`` (without a sign), ``n_at_fault``,
        ``auc``, ``f1``, ``flagged`` (part of the words at fault), ``precision_at_1_percent`` and
        ``precision_at_10_percent`` of the flags, ``lead_error_seconds``; and of all alone ``false_alarms_a_minute`` and
        ``untold`` (part of the clean words that have no score).
    """
    clean, at_fault = _halves(words)
    parts = [part for _, part in at_fault.groupby(["kind", "size"])]
    rows = [_row(part["kind"].iloc[0], part["size"].iloc[0], part, clean) for part in parts]
    total = _row("all", 0.0, at_fault, clean)
    total["false_alarms_a_minute"] = _alarms_a_minute(clean)
    total["untold"] = float(clean["score"].isna().mean()) if len(clean) else np.nan
    return pd.DataFrame([*rows, total])


def scores_by(words: pd.DataFrame) -> pd.DataFrame:
    """The measures by what words are: how long, and, where the truth tells it, whether the lips meet in them.

    Parameters
    ----------
    words : DataFrame
        As of :func:`scores_of`.

    Returns
    -------
    DataFrame
        A row for each part: ``part``, ``n_at_fault``, ``auc``, ``f1``, ``flagged``, ``false_alarms_a_minute``.
    """
    lengths = words["end_seconds"] - words["start_seconds"]
    parts = {f"{low:g} to {high:g} s": (lengths >= low) & (lengths < high) for low, high in LENGTHS}
    if "has_closure" in words:
        closing = words["has_closure"].astype(bool)
        parts |= {"with a closure": closing, "without a closure": ~closing}
    rows = []
    for name, inside in parts.items():
        clean, at_fault = _halves(words[inside])
        row = _row("", 0.0, at_fault, clean)
        told = {key: row[key] for key in ("n_at_fault", "auc", "f1", "flagged")}
        rows.append({"part": name, **told, "false_alarms_a_minute": _alarms_a_minute(clean)})
    return pd.DataFrame(rows)


def _halves(words: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean words of clips without a fault, and words at fault."""
    words = words.assign(size=words["size_seconds"].abs(), value=words["score"].fillna(UNTOLD))
    return words[(words["kind"] == "") & (words["state"] == CLEAN)], words[words["state"] == FAULT]


def _alarms_a_minute(clean: pd.DataFrame) -> float:
    minutes = (clean["end_seconds"] - clean["start_seconds"]).sum() / 60
    return float(clean["is_flagged"].sum() / minutes) if minutes else float("nan")


def precision_at(rate: float, hits: float, alarms: float) -> float:
    """Which part of the flags is right where so many words are at fault; NaN without a flag.

    Parameters
    ----------
    rate : float
        Part of all words that is at fault, 0..1.
    hits, alarms : float
        Part of the words at fault, and of the clean ones, that is flagged.

    Examples
    --------
    >>> precision_at(0.1, 0.5, 0.0), round(precision_at(0.01, 0.5, 0.01), 3)
    (1.0, 0.336)
    """
    right, wrong = rate * hits, (1 - rate) * alarms
    return right / (right + wrong) if right + wrong > 0 else float("nan")


def _row(kind: str, size: float, at_fault: pd.DataFrame, clean: pd.DataFrame) -> dict[str, object]:
    areas, counts, right, said, true = [], [], 0, 0, 0
    for speaker, faults in at_fault.groupby("speaker"):
        own = clean[clean["speaker"] == speaker]
        if len(own):
            areas.append(area_under_roc(faults["value"].to_numpy(float), own["value"].to_numpy(float)))
            counts.append(len(faults))
        others = at_fault["speaker"] != speaker, clean["speaker"] != speaker
        if not (others[0].any() and others[1].any()):
            continue
        threshold = best_threshold(at_fault[others[0]]["value"], clean[others[1]]["value"])
        found, alarms = (faults["value"] < threshold).sum(), (own["value"] < threshold).sum()
        right, said, true = right + int(found), said + int(found + alarms), true + len(faults)
    hits = float(at_fault["is_flagged"].mean()) if len(at_fault) else np.nan
    alarmed = float(clean["is_flagged"].mean()) if len(clean) else np.nan
    moved = at_fault[at_fault["is_flagged"] & at_fault["lead_seconds"].notna()]
    error = (moved["judged_lead_seconds"] - moved["lead_seconds"]).abs().median()
    return {
        "kind": kind,
        "size_seconds": size,
        "n_at_fault": len(at_fault),
        "auc": float(np.average(areas, weights=counts)) if areas else np.nan,
        "f1": 2 * right / (said + true) if said + true else np.nan,
        "flagged": hits,
        "precision_at_1_percent": precision_at(0.01, hits, alarmed),
        "precision_at_10_percent": precision_at(0.1, hits, alarmed),
        "lead_error_seconds": float(error),
    }


def best_threshold(at_fault: npt.ArrayLike, clean: npt.ArrayLike) -> float:
    """The score below which words are called at fault so that F1 is highest; the lowest of several.

    Examples
    --------
    >>> best_threshold([0.1, 0.2], [0.3, 0.9])
    0.25
    """
    faults, others = np.asarray(at_fault, float), np.asarray(clean, float)
    values = np.unique(np.concatenate([faults, others]))
    cuts = np.concatenate([(values[1:] + values[:-1]) / 2, [np.inf]])
    return float(cuts[np.argmax([f1_at(cut, faults, others) for cut in cuts])])


def f1_at(threshold: float, at_fault: npt.ArrayLike, clean: npt.ArrayLike) -> float:
    """Harmonic mean of precision and recall where words below a threshold are called at fault, 0..1.

    Examples
    --------
    >>> f1_at(0.5, [0.1, 0.9], [0.2, 0.8])
    0.5
    """
    faults, others = np.asarray(at_fault, float), np.asarray(clean, float)
    hits, alarms = int((faults < threshold).sum()), int((others < threshold).sum())
    return 2 * hits / (hits + alarms + len(faults)) if len(faults) else float("nan")
