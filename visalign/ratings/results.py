"""What raters saved: files of the page, read with distrust.

A file comes from a stranger's computer. Everything in it is checked against the design: it must be of this test, rate
what was shown, and use the grades that there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visalign.errors import BAD_DATA, AnyPath, InputError, ParseError, quoted
from visalign.files.data_files import parse_json
from visalign.language.transcript import read_transcript
from visalign.ratings.design import RatingDesign

__all__ = ["Answer", "RaterSession", "read_design", "read_sessions"]

_GRADES = {"1": 1.0, "2": 2.0, "3": 3.0, "4": 4.0, "5": 5.0}


@dataclass(frozen=True, slots=True)
class Answer:
    """One trial of one rater.

    Parameters
    ----------
    clips : tuple of str
        Stimuli in the order in which they were shown: one, or two.
    values : mapping of str to str
        By question: a grade "1" to "5", or the stimulus that was chosen.
    """

    clips: tuple[str, ...]
    values: Mapping[str, str]

    def grade(self, question: str) -> float:
        """The grade that was given to a single clip."""
        return _GRADES[self.values[question]]


@dataclass(frozen=True, slots=True)
class RaterSession:
    """All answers of a rater that count.

    Parameters
    ----------
    rater : str
        Their code.
    answers : tuple of Answer
    complete : bool
        Whether all trials were answered.
    headphones, screen : float or None
        Part of the checks that was right, 0..1.
    """

    rater: str
    answers: tuple[Answer, ...]
    complete: bool
    headphones: float | None
    screen: float | None


def read_design(path: AnyPath) -> RatingDesign:
    """Read ``design.json``.

    Raises
    ------
    ParseError
        If it is not a design.
    """
    return RatingDesign.from_dict(_json(Path(path)), name=path)


def read_sessions(design: RatingDesign, paths: Iterable[AnyPath]) -> list[RaterSession]:
    """Read the files of all raters, sorted by their codes.

    Raises
    ------
    ParseError
        If a file is not one of this test, or holds what the page can't have written.
    InputError
        If there is no file, or one rater has two.
    """
    sessions: dict[str, tuple[Path, RaterSession]] = {}
    for path in map(Path, paths):
        session = _session(design, path)
        if session.rater in sessions:
            raise InputError(
                f"{path}: rater {session.rater} is in {sessions[session.rater][0]} as well. Keep one of them."
            )
        sessions[session.rater] = path, session
    if not sessions:
        raise InputError("there is no file of a rater. Give the JSON files that the page saved.")
    return [sessions[rater][1] for rater in sorted(sessions)]


def _json(path: Path) -> Any:
    return parse_json(path, read_transcript(path))


def _session(design: RatingDesign, path: Path) -> RaterSession:
    data = _json(path)
    try:
        if data["schema_version"] != 1 or data["design"] != design.id:
            raise ParseError(path, None, f"answers of another test ({data['design']}), not of {design.id}")
        rows = [row for row in data["answers"] if not row["practice"]]
        answers = tuple(_answer(design, path, row) for row in rows)
        checks = data["checks"]
        parts = {name: _part(checks[name]) for name in ("headphones", "screen")}
        rater = str(data["rater"])
    except ParseError:
        raise
    except BAD_DATA as error:
        raise ParseError(path, None, f"not a file that the page saved ({quoted(error)})") from error
    shown = Counter(tuple(sorted(answer.clips)) for answer in answers)
    wanted = Counter(tuple(sorted(trial)) for trial in design.trials)
    if not shown <= wanted:
        raise ParseError(path, None, "a trial was answered more often than it was shown")
    return RaterSession(rater, answers, shown == wanted, parts["headphones"], parts["screen"])


def _part(check: Any) -> float | None:
    return None if check is None else float(check["right"]) / float(check["of"])


def _answer(design: RatingDesign, path: Path, row: Any) -> Answer:
    clips, values = tuple(map(str, row["clips"])), {str(k): str(v) for k, v in row["values"].items()}
    unknown = [clip for clip in clips if clip not in design.by_id]
    if unknown or len(clips) != (1 if design.method == "acr" else 2):
        raise ParseError(path, None, f"it rates {' and '.join(unknown or clips)}, which this test does not show")
    allowed = set(_GRADES) if design.method == "acr" else set(clips)
    if set(values) != set(design.questions) or not set(values.values()) <= allowed:
        raise ParseError(path, None, f"{values} is no answer to {', '.join(design.questions)}")
    return Answer(clips, values)
