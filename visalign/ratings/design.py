"""What a rating test is about: clips under conditions, questions, and what each rater is shown.

Conventions
-----------
A *source* is what is said and shown (``anna1``), a *condition* what was done to it (a dub, a generator, a codec);
together they are a *stimulus*. Clips lie in one folder a condition under the same names: ``reference/anna1.mp4``,
``dub_a/anna1.mp4``. Raters see stimuli under names that tell nothing; which is which stands in the design alone,
which raters do not get.

The *reference* is the condition that nothing was done to. It is rated among the others without being marked (hidden),
as in ACR with hidden reference of ITU-T P.910 [1]_. *Anchors* are the reference with its sound moved, so that the bad
end of the scale is shown as well and raters of different tests can be compared.

Absolute ratings use the five-grade scales of ITU-T P.910 (quality) and ITU-R BT.500 (impairment, for sync) [2]_;
pairs are shown one after the other, and one of the two has to be chosen.

References
----------
.. [1] ITU-T P.910, Subjective video quality assessment methods for multimedia applications, 2023; P.911 for sound with
   pictures, 1998.
.. [2] ITU-R BT.500-15, Methodologies for the subjective assessment of the quality of television images, 2023.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visalign.corpora.training_data import CLIP_SUFFIXES
from visalign.errors import BAD_DATA, AnyPath, ConfigError, InputError, ParseError, quoted

__all__ = ["QUESTIONS", "Question", "RatingDesign", "Stimulus", "make_design"]

SCHEMA_VERSION = 1
METHODS = ("acr", "pairs")
_ID_LENGTH = 12
_MAX_SESSION = 300  # trials: P.910 has sessions of half an hour at most; more is a mistake


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a clip, or a pair.

    Parameters
    ----------
    id : str
    absolute, paired : str
        The question about one clip, and about two.
    grades : tuple of str, length 5
        From 5 down to 1.
    """

    id: str
    absolute: str
    paired: str
    grades: tuple[str, ...]


QUESTIONS: Mapping[str, Question] = {
    "sync": Question(
        "sync",
        "Do lips and sound belong together in time?",
        "In which clip do lips and sound fit together better?",
        (
            "5 — any fault is imperceptible",
            "4 — perceptible, but not annoying",
            "3 — slightly annoying",
            "2 — annoying",
            "1 — very annoying",
        ),
    ),
    "quality": Question(
        "quality",
        "How good is the clip as a whole?",
        "Which clip is better as a whole?",
        ("5 — excellent", "4 — good", "3 — fair", "2 — poor", "1 — bad"),
    ),
}
"""The questions that can be asked: the impairment scale of BT.500 for sync, the quality scale of P.910."""


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A clip under a condition.

    Parameters
    ----------
    id : str
        The name that raters see.
    source, condition : str
    role : {"test", "reference", "anchor"}
    path : str
        The clip that it is made from, relative to the folder of clips.
    lead_seconds : float
        How much earlier its sound was made (negative: later); 0 but for anchors.
    """

    id: str
    source: str
    condition: str
    role: str
    path: str
    lead_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RatingDesign:
    """A rating test.

    Parameters
    ----------
    id : str
        Changes with anything that raters are shown.
    title : str
    method : {"acr", "pairs"}
    questions : tuple of str
        Keys of :data:`QUESTIONS`.
    stimuli : tuple of Stimulus
    trials : tuple of tuple of str
        What is shown: one stimulus each, or two. A stimulus that stands in several trials is rated again.
    practice : tuple of tuple of str
        Trials before the others that do not count.
    """

    id: str
    title: str
    method: str
    questions: tuple[str, ...]
    stimuli: tuple[Stimulus, ...]
    trials: tuple[tuple[str, ...], ...]
    practice: tuple[tuple[str, ...], ...]

    @property
    def by_id(self) -> dict[str, Stimulus]:
        """Stimuli by their id."""
        return {stimulus.id: stimulus for stimulus in self.stimuli}

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the file that the experimenter keeps."""
        return {
            "schema_version": SCHEMA_VERSION,
            "id": self.id,
            "title": self.title,
            "method": self.method,
            "questions": list(self.questions),
            "stimuli": [{name: getattr(x, name) for name in Stimulus.__slots__} for x in self.stimuli],
            "trials": [list(trial) for trial in self.trials],
            "practice": [list(trial) for trial in self.practice],
        }

    @classmethod
    def from_dict(cls, data: Any, *, name: AnyPath = "<design>") -> RatingDesign:
        """Read what :meth:`to_dict` gave.

        Raises
        ------
        ParseError
            If it is something else.
        """
        try:
            if data["schema_version"] != SCHEMA_VERSION:
                raise ParseError(name, None, f"a design of version {data['schema_version']}, not {SCHEMA_VERSION}")
            stimuli = tuple(Stimulus(**{key: row[key] for key in Stimulus.__slots__}) for row in data["stimuli"])
            trials, practice = (tuple(tuple(map(str, x)) for x in data[key]) for key in ("trials", "practice"))
            questions = tuple(map(str, data["questions"]))
            number, title, method = (str(data[key]) for key in ("id", "title", "method"))
        except ParseError:
            raise
        except BAD_DATA as error:
            raise ParseError(name, None, f"not the design of a rating test ({quoted(error)})") from error
        return cls(number, title, method, questions, stimuli, trials, practice)


def make_design(
    folder: AnyPath,
    conditions: Sequence[str],
    *,
    reference: str | None = None,
    anchors: Sequence[float] = (),
    method: str = "acr",
    questions: Sequence[str] = ("sync", "quality"),
    repeats: int = 0,
    title: str = "Lips and sound",
    seed: int = 0,
) -> RatingDesign:
    """Plan a test of the clips of a folder.

    Parameters
    ----------
    folder : path-like
        Holds a folder for each condition, with clips of the same names.
    conditions : sequence of str
        Names of these folders.
    reference : str, optional
        The one of them that nothing was done to.
    anchors : sequence of float
        Seconds by which the reference's sound is made early (negative: late) to serve as anchors.
    method : {"acr", "pairs"}
        One clip at a time, or all pairs of conditions of each source.
    questions : sequence of str
        Keys of :data:`QUESTIONS`.
    repeats : int
        How many trials come twice, to see whether raters agree with themselves.
    title : str
        What raters read above.
    seed : int
        Gives other names and other repeats.

    Raises
    ------
    ConfigError
        If a setting is impossible.
    InputError
        If a clip is missing under a condition.
    """
    _check(conditions, reference, anchors, method, questions, repeats)
    root = Path(folder)
    clips = {condition: _clips(root / condition) for condition in conditions}
    sources = sorted(clips[conditions[0]])
    for condition in conditions:
        if set(clips[condition]) != set(sources):
            odd = sorted(set(clips[condition]) ^ set(sources))
            missing = f"{', '.join(odd[:5])} is not there under all conditions"
            raise InputError(f"{root}: {missing}. Each clip needs them all.")
    stimuli = list[Stimulus]()
    for source in sources:
        for condition in conditions:
            path = clips[condition][source].relative_to(root).as_posix()
            role = "reference" if condition == reference else "test"
            stimuli.append(Stimulus(_name(seed, source, condition), source, condition, role, path))
        for lead in anchors:
            condition = f"anchor {lead * 1000:+.0f} ms"
            path = clips[reference or ""][source].relative_to(root).as_posix()
            stimuli.append(Stimulus(_name(seed, source, condition), source, condition, "anchor", path, lead))
    trials = _trials(stimuli, method)
    trials += sorted(trials, key=lambda trial: _name(seed, "repeat", *trial))[:repeats]
    if len(trials) > _MAX_SESSION:
        raise ConfigError("clips", f"{len(trials)} trials", f"at most {_MAX_SESSION}; take fewer clips or conditions")
    practice = _practice(stimuli, method)
    digest = _name(seed, title, method, *questions, *(x for trial in (*trials, *practice) for x in trial))
    return RatingDesign(digest, title, method, tuple(questions), tuple(stimuli), tuple(trials), practice)


def _check(
    conditions: Sequence[str],
    reference: str | None,
    anchors: Sequence[float],
    method: str,
    questions: Sequence[str],
    repeats: int,
) -> None:
    if method not in METHODS:
        raise ConfigError("method", method, METHODS)
    if not conditions or len(set(conditions)) < len(conditions):
        raise ConfigError("conditions", ",".join(conditions), "names of folders, each once")
    if reference is not None and reference not in conditions:
        raise ConfigError("reference", reference, tuple(conditions))
    if anchors and reference is None:
        raise ConfigError("anchors", tuple(anchors), "only with a reference, which they are made from")
    if any(not 0 < abs(lead) <= 2 for lead in anchors) or len(set(anchors)) < len(anchors):
        raise ConfigError("anchors", tuple(anchors), "up to 2 s early or late, each once, and not 0")
    if method == "pairs" and len(conditions) + len(anchors) < 2:
        raise ConfigError("conditions", ",".join(conditions), "two or more for pairs")
    if not questions or any(question not in QUESTIONS for question in questions):
        raise ConfigError("questions", ",".join(questions), tuple(QUESTIONS))
    if repeats < 0:
        raise ConfigError("repeats", repeats, "0 or more")


def _clips(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. There must be one for each condition.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in CLIP_SUFFIXES and path.is_file():
            if path.stem in found:
                raise InputError(f"{folder}: {found[path.stem].name} and {path.name} have one name. Rename one.")
            found[path.stem] = path
    if not found:
        raise InputError(f"{folder}: no clip in it. Clips end in {' '.join(CLIP_SUFFIXES)}.")
    return found


def _name(seed: int, *parts: str) -> str:
    return hashlib.sha256("\0".join([str(seed), *parts]).encode()).hexdigest()[:_ID_LENGTH]


def _trials(stimuli: Sequence[Stimulus], method: str) -> list[tuple[str, ...]]:
    if method == "acr":
        return [(stimulus.id,) for stimulus in stimuli]
    by_source: dict[str, list[str]] = {}
    for stimulus in stimuli:
        by_source.setdefault(stimulus.source, []).append(stimulus.id)
    return [pair for ids in by_source.values() for pair in itertools.combinations(ids, 2)]


def _practice(stimuli: Sequence[Stimulus], method: str) -> tuple[tuple[str, ...], ...]:
    """Both ends of the scale, if they are there: the first source's first condition (or reference) and last."""
    first = [x for x in stimuli if x.source == stimuli[0].source]
    best = next((x for x in first if x.role == "reference"), first[0])
    worst = next((x for x in reversed(first) if x.id != best.id), None)
    if worst is None:
        return ((best.id,),)
    return ((best.id, worst.id),) if method == "pairs" else ((best.id,), (worst.id,))
