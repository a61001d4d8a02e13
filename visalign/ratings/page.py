"""The page on which people rate clips: one folder with the page and the clips, used without a network.

The order of trials is drawn in the page from the rater's code, so that the same code meets the same order again and an
interrupted session can go on; answers are kept in the browser (``localStorage``) until they are saved as JSON.

Before the trials come a check of the screen (numbers in nearly black and nearly white) and of headphones: the
loudest-but-cancelled tone test of Woods et al. [1]_, in which one of three tones is in opposite phase left and right,
so that over loudspeakers it seems the quietest, while over headphones another one is.

References
----------
.. [1] K. J. P. Woods, M. H. Siegel, J. Traer and J. H. McDermott, Headphone screening to facilitate web-based auditory
   experiments, Attention, Perception and Psychophysics 79, 2017.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from visalign.errors import AnyPath, InputError, OutputError
from visalign.files.outputs import refuse_existing
from visalign.files.text_files import format_json, write_text
from visalign.ratings.design import QUESTIONS, RatingDesign
from visalign.ratings.stimuli import write_stimuli
from visalign.reports.html_report.document import as_data_script, format_document

__all__ = ["DESIGN_FILE", "PAGE_FILE", "write_rating_kit"]

PAGE_FILE, DESIGN_FILE, MEDIA_FOLDER = "rate.html", "design.json", "clips"

N_TONES = 6
"""Trials of the headphone check, of which five must be right (Woods et al. 2017)."""

_SCREEN_LEVELS = (6, 14, 241, 249)  # of 0..255, on black and on white; BT.500's PLUGE signal asks for the same


def write_rating_kit(
    out: AnyPath, design: RatingDesign, clips: AnyPath, *, overwrite: bool = False
) -> tuple[list[Path], bool]:
    """Write the page, its clips, and the design.

    Parameters
    ----------
    out : path-like
        A folder that is not there yet, unless `overwrite`. ``rate.html`` and ``clips/`` in it go to the raters;
        ``design.json`` stays.
    design : RatingDesign
    clips : path-like
        The folder that the design was made for.
    overwrite : bool
        Files in a folder that is there may be replaced.

    Returns
    -------
    written : list of Path
        Page and design.
    encoded : bool
        Whether all clips were encoded anew, because a browser would not have played one of them.

    Raises
    ------
    OutputError
        If `out` exists or can't be made.
    MediaError
        If a clip can't be read.
    """
    folder = Path(out)
    if folder.resolve().is_relative_to(Path(clips).resolve()):
        raise InputError(f"{folder}: lies among the clips themselves. Choose another folder.")
    refuse_existing(folder, overwrite=overwrite)
    try:
        (folder / MEDIA_FOLDER).mkdir(parents=True, exist_ok=overwrite)
    except OSError as error:
        raise OutputError(folder, f"the folder can't be made ({error.strerror}); choose another") from error
    names, encoded = write_stimuli(design, Path(clips), folder / MEDIA_FOLDER)
    page = write_text(folder / PAGE_FILE, format_page(design, names))
    return [page, write_text(folder / DESIGN_FILE, format_json(design.to_dict()))], encoded


def format_page(design: RatingDesign, names: dict[str, str]) -> str:
    """The page of a design; it does not tell which stimulus is under which condition."""
    return format_document(
        "rating.html",
        ("rating.css",),
        ("rating.js",),
        {"title": design.title, "data": as_data_script("data", _data(design, names))},
        package="visalign.ratings",
        sources={"media-src": "'self' file:"},
    )


def _data(design: RatingDesign, names: dict[str, str]) -> dict[str, Any]:
    draw = random.Random(design.id)
    questions = [QUESTIONS[name] for name in design.questions]
    return {
        "design": design.id,
        "title": design.title,
        "method": design.method,
        "questions": [
            {"id": x.id, "text": x.absolute if design.method == "acr" else x.paired, "grades": list(x.grades)}
            for x in questions
        ],
        "trials": [list(trial) for trial in design.trials],
        "practice": [list(trial) for trial in design.practice],
        # groups that should not follow one another: trials of one source, under a number that tells nothing
        "sources": _numbered(design),
        "files": {key: f"{MEDIA_FOLDER}/{name}" for key, name in names.items()},
        "tones": [draw.sample(["quiet", "antiphase", "loud"], 3) for _ in range(N_TONES)],
        "screen": [[level, draw.randint(10, 99)] for level in _SCREEN_LEVELS],
    }


def _numbered(design: RatingDesign) -> dict[str, int]:
    sources = {source: k for k, source in enumerate(dict.fromkeys(x.source for x in design.stimuli))}
    return {stimulus.id: sources[stimulus.source] for stimulus in design.stimuli}
