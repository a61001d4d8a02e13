"""What visalign says of the clips that people rated, from reports beside them.

Conventions
-----------
The report of ``dub_a/anna1.mp4`` is ``dub_a/anna1.json`` in the folder of reports: the names that `visalign batch`
gives clips of a folder. Anchors have no file of their own; their lead is the reference's, moved as far as the anchor
was.
"""

from __future__ import annotations

from pathlib import Path

from visalign.errors import AnyPath, InputError
from visalign.evaluation.run_comparison import read_report
from visalign.ratings.design import RatingDesign, Stimulus
from visalign.reports.clip_report import ClipReport

__all__ = ["measures_of"]


def measures_of(design: RatingDesign, folder: AnyPath) -> dict[str, dict[str, float]]:
    """Measures of each stimulus that has a report.

    Returns
    -------
    dict of dict
        By measure, then by stimulus: ``lead_seconds``, ``lateness`` (its absolute value), ``proportion_in_sync``,
        ``viseme_accuracy``, ``confidence``.

    Raises
    ------
    InputError
        If there is no report at all.
    ParseError
        If one can't be read.
    """
    root = Path(folder)
    found: dict[str, dict[str, float]] = {name: {} for name in _NAMES}
    for stimulus in design.stimuli:
        path = root / Path(stimulus.path).with_suffix(".json")
        if path.is_file():
            for name, value in _measures(read_report(path), stimulus).items():
                if value is not None:
                    found[name][stimulus.id] = value
    if not any(found.values()):
        example = Path(design.stimuli[0].path).with_suffix(".json")
        raise InputError(f"{root}: no report of these clips in it; the first would be {root / example}.")
    return found


_NAMES = ("lead_seconds", "lateness", "proportion_in_sync", "viseme_accuracy", "confidence")


def _measures(report: ClipReport, stimulus: Stimulus) -> dict[str, float | None]:
    lead = report.sync.lead_seconds
    if lead is not None:
        lead += stimulus.lead_seconds
    found = {"lead_seconds": lead, "lateness": None if lead is None else abs(lead)}
    if stimulus.role == "anchor":
        return found
    score = report.score
    return found | {
        "proportion_in_sync": score.n_words_in_sync / score.n_words if score.n_words else None,
        "viseme_accuracy": score.viseme_accuracy,
        "confidence": report.sync.confidence,
    }
