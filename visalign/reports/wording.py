"""A result in words, with the sign in words and the remedy beside it.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads; nobody who reads these sentences has to know that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from visalign.files.timecode import clock, in_frames
from visalign.lip_reading.score import LipReadingScore
from visalign.sync.drift import OffsetCourse
from visalign.sync.own_bias import OwnBias
from visalign.sync.verdict import DOUBTS_OF_A_MISMATCH, Cause, Objection, SyncEstimate

__all__ = [
    "certainty",
    "course_in_words",
    "fits_nowhere",
    "headline",
    "in_short",
    "interval_in_words",
    "is_open_by",
    "lead_in_words",
    "lip_reading_in_words",
    "mode_of_fix",
    "own_bias_in_words",
    "remedy",
    "statement",
    "tells_offset",
    "verdict_in_words",
    "with_reason",
    "word_as_told",
]

# How sure a person may be at a probability of being right to within a frame; 0.8 is where sync calls no lead.
_SURE, _FAIRLY_SURE = 0.95, 0.8
_MOST_JUMPS, _MINUTE = 5, 60.0
_AT_ZERO = 1e-6  # seconds: lags are sums of steps
_MANY_SECONDS = 10.0
_A_LITTLE_MORE = 1.25  # so many times the speech that there is


_VERDICTS: Mapping[str, str] = MappingProxyType(
    {
        "in-sync": "In sync",
        "audio-early": "Audio early",
        "audio-late": "Audio late",
        "mismatched": "Does not fit",
        "out-of-step": "Out of step",
        "uncertain": "Uncertain",
    }
)


def verdict_in_words(verdict: str) -> str:
    """A verdict as people say it.

    Examples
    --------
    >>> verdict_in_words("audio-early"), verdict_in_words("mismatched")
    ('Audio early', 'Does not fit')
    """
    return _VERDICTS[verdict]


def lead_in_words(lead_seconds: float, rate: Fraction | None = None) -> str:
    """ "83 ms early", "83 ms late" or "on time (0 ms)"; with the rate of the picture in frames, too.

    Examples
    --------
    >>> lead_in_words(0.083), lead_in_words(-0.12), lead_in_words(0.0002)
    ('83 ms early', '120 ms late', 'on time (0 ms)')
    >>> lead_in_words(-0.12, Fraction(25))
    '120 ms late (3 frames)'
    """
    ms = round(1000 * round(lead_seconds, 6))  # as a report is written, so that one read back says the same
    if ms == 0:
        return "on time (0 ms)"
    frames = "" if rate is None else in_frames(lead_seconds, rate)
    return f"{abs(ms)} ms {'early' if ms > 0 else 'late'}" + f" ({frames})" * bool(frames)


def fits_nowhere(sync: SyncEstimate) -> bool:
    """Whether lips and sound fit at no lag, so that the best lag of the search is not one of theirs.

    So it is of a mismatch, and of what would be one if the material could be trusted.
    """
    return sync.verdict == "mismatched" or sync.cause in (Cause.NO_FIT, *DOUBTS_OF_A_MISMATCH)


def tells_offset(sync: SyncEstimate) -> bool:
    """Whether an offset may be shown: there is one, and lips and sound are not of different clips."""
    return sync.lead_seconds is not None and not fits_nowhere(sync)


def word_as_told(sync: SyncEstimate, verdict: str, lead_seconds: float | None) -> tuple[str, float | None]:
    """Verdict and lead of a word as they are shown, so that a clip tells one story.

    In a clip that fits nowhere a word is neither early nor late: the sound it was measured against is not its own.

    Examples
    --------
    >>> mismatch = SyncEstimate(0.2, None, 0.01, "mismatched")
    >>> word_as_told(mismatch, "audio-early", 0.35), word_as_told(mismatch, "uncertain", float("nan"))
    (('mismatched', None), ('uncertain', None))
    """
    known = None if lead_seconds is None or lead_seconds != lead_seconds else lead_seconds
    if not fits_nowhere(sync):
        return verdict, known
    return "mismatched" if verdict in ("audio-early", "audio-late", "out-of-step") else verdict, None


def statement(sync: SyncEstimate) -> str:
    """What is the matter, one sentence."""
    reason, short = f": {sync.reason}" if sync.reason else "", in_short(sync)
    if sync.verdict == "in-sync":
        return f"In sync: {short}."
    if sync.verdict in ("audio-early", "audio-late"):
        return f"{short[:1].upper()}{short[1:]}."
    if sync.verdict == "mismatched":
        return f"Mismatched: {sync.reason or short}."
    return f"Uncertain{f': {short}' if short else ''}{reason}."


def in_short(sync: SyncEstimate) -> str:
    """The same without the verdict and its reason; empty for an uncertain lead."""
    if sync.verdict == "mismatched":
        return "lips and sound do not fit"
    if sync.lead_seconds is None:
        return "there is no evidence for any offset"
    return "" if sync.verdict == "uncertain" else f"audio is {lead_in_words(sync.lead_seconds)}"


def headline(sync: SyncEstimate) -> str:
    """What a reader sees from afar, a few words; the offset of a clip in sync stands elsewhere, small.

    Examples
    --------
    >>> headline(SyncEstimate(0.003, None, 1.0, "in-sync")), headline(SyncEstimate(0.127, None, 1.0, "audio-early"))
    ('In sync.', 'Audio is 127 ms early.')
    >>> headline(SyncEstimate(0.119, None, 0.01, "mismatched"))
    'Lips and sound do not fit.'
    """
    if is_open_by(sync):
        return "The sound drifts." if sync.cause is Cause.DRIFT else "The offset jumps."
    if sync.verdict == "in-sync":
        return "In sync."
    if sync.verdict == "uncertain":
        return "Nothing can be told." if sync.cause is None else _OPEN.get(sync.cause, "Nothing can be told.")
    short = in_short(sync)
    return f"{short[:1].upper()}{short[1:]}."


_OPEN: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.EDGE_OF_SEARCH: "No offset stands out.",
        Cause.SEVERAL_LAGS: "No offset stands out.",
        Cause.DOUBTFUL_MATCH: "Not sure that lips and sound belong together.",
        Cause.ACROSS_A_LIMIT: "Too near a limit to tell.",
        Cause.OFF_SCREEN: "Somebody off screen seems to speak.",
        Cause.NO_FACE: "No face to be seen.",
        Cause.DAMAGED: "The material is damaged.",
        Cause.LITTLE_SPEECH: "Too little speech to tell.",
    }
)


def with_reason(sync: SyncEstimate) -> SyncEstimate:
    """The estimate with its objections put into words, as its `reason`."""
    return replace(sync, reason=_reason(sync.objections))


def _reason(objections: Sequence[Objection]) -> str:
    """Why no verdict is given, or why it is "mismatched"; empty without objections."""
    if not objections:
        return ""
    by_cause = {one.cause: one for one in objections}
    first, no_fit = objections[0], by_cause.get(Cause.NO_FIT)
    if no_fit is None or first is no_fit or first.cause not in DOUBTS_OF_A_MISMATCH:
        return _sentence(first)
    doubts = " and ".join(_sentence(one) for one in objections if one.cause in DOUBTS_OF_A_MISMATCH)
    return f"{_sentence(no_fit)}, but {doubts}"


def _sentence(objection: Objection) -> str:
    if objection.cause is Cause.EDGE_OF_SEARCH:
        return _edge(float(objection.facts["centre"]), float(objection.facts["reach"]))
    if objection.cause in (Cause.DRIFT, Cause.JUMPS):
        said = course_in_words(objection.course).rstrip(".")
        return said[:1].lower() + said[1:]
    if objection.cause is Cause.DOUBTFUL_MATCH and "wanted" in objection.facts:
        return _too_short(**_numbers(objection))
    if objection.cause is Cause.LITTLE_SPEECH:
        return _little_speech(**_numbers(objection))
    return _SENTENCES[objection.cause].format_map(objection.facts)


_SENTENCES: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.OFF_SCREEN: "the mouth in the picture rests while a voice is heard: somebody off screen seems to speak",
        Cause.DAMAGED: "{share:.0%} of the {part} is damaged",
        Cause.NO_FACE: "there is no frame with a face while somebody speaks",
        Cause.FEW_PICTURES: "there are only {rate:.0f} pictures a second",
        Cause.TREMBLING: (
            "the landmarks of the lips tremble (a poor picture, a turned head, or something before the mouth)"
        ),
        Cause.STILL_LIPS: "the lips hardly move (or the picture is too poor to show it)",
        Cause.NOISY_SOUND: "the sound is noisy (SNR {snr_db:.0f} dB)",
        Cause.NO_FIT: "at no lag do the lips fit what is heard (probability that they do: {match:.0%})",
        Cause.SEVERAL_LAGS: (
            "several lags fit about as well (probability that the best one is right: {confidence:.0%})"
        ),
        Cause.DOUBTFUL_MATCH: (
            "the lips fit what is heard hardly better than they fit other sounds (probability that they belong "
            "together: {match:.0%})"
        ),
        Cause.ACROSS_A_LIMIT: "the 95 % interval reaches across a limit of the verdict profile",
    }
)


def _numbers(objection: Objection) -> dict[str, float]:
    return {name: float(x) for name, x in objection.facts.items()}


def _little_speech(speech: float, wanted: float) -> str:
    """The two never look the same: 1.46 s are not 1.5 s.

    Examples
    --------
    >>> _little_speech(0.84, 1.5)
    '0.8 s of speech are too little to tell; about 1.5 s would do'
    >>> _little_speech(1.46, 1.5)
    '1.46 s of speech are too little to tell; about 1.5 s would do'
    """
    here = f"{speech:.1f}"
    if here == f"{wanted:.1f}":
        here = f"{math.floor(100 * speech) / 100:.2f}"
    return f"{here} s of speech are too little to tell; about {wanted:.1f} s would do"


def _too_short(match: float, least: float, speech: float, wanted: float) -> str:
    """How sure it is, how sure it has to be, and how much more speech that takes; never as much as there is.

    Speech counts as far as the lips are seen beside the best frames of the clip, so less of it than is heard.
    """
    seconds = f"{wanted:.1f}" if wanted < _MANY_SECONDS else f"{wanted:.0f}"
    more = f"about {seconds} s of speech would do, here are {speech:.1f} s with lips seen well"
    if wanted < _A_LITTLE_MORE * speech:
        more = f"a little more speech would do than the {speech:.1f} s here with lips seen well"
    return (
        "too little is said to be sure that lips and sound belong together (probability that they do: "
        f"{_below(match, least)}, wanted: {least:.0%}); {more}"
    )


def _below(part: float, limit: float) -> str:
    """A part in percent, with as many decimals as show that it is below a limit.

    Examples
    --------
    >>> _below(0.82, 0.85), _below(0.9687, 0.97), _below(0.96996, 0.97)
    ('82%', '96.9%', '97.0%')
    """
    shown = f"{part:.0%}"
    return f"{part:.1%}" if shown == f"{limit:.0%}" else shown


def _edge(centre: float, reach: float) -> str:
    """Where the search ended; only what can be followed is advised."""
    span = f"±{1000 * reach:.0f} ms"
    if abs(centre) < _AT_ZERO:
        return f"the best lag lies at the edge of the search ({span}); search wider with [sync] max_lag_seconds"
    return (
        f"the best lag lies at the edge of the exact search, {span} about {lead_in_words(centre)}, where a quick look "
        "at all lags pointed"
    )


def is_open_by(sync: SyncEstimate) -> bool:
    """Whether the verdict is open because the offset changes along the clip."""
    return sync.cause in (Cause.DRIFT, Cause.JUMPS)


def mode_of_fix(course: OffsetCourse | None) -> str:
    """The mode of `visalign fix` for an offset that changes along the clip; empty where it does not."""
    return "" if course is None else {"drift": "drift", "jumps": "pieces"}.get(course.kind, "")


def remedy(sync: SyncEstimate, course: OffsetCourse | None = None, rate: Fraction | None = None) -> str:
    """What to do about it, one sentence; empty where nothing can be advised. With the picture's rate in frames, too.

    Examples
    --------
    >>> from visalign.sync.drift import Drift
    >>> drift = OffsetCourse("drift", Drift(0.0, 0.001, (0.0009, 0.0011), 99), (), "")
    >>> remedy(SyncEstimate(0.3, (0.28, 0.32), 0.99, "uncertain", cause=Cause.DRIFT), drift)
    'One shift mends a part of it only: `visalign fix --mode drift` stretches the sound.'
    """
    if is_open_by(sync):
        mode = mode_of_fix(course)
        does = "stretches the sound" if mode == "drift" else "moves each part"
        return f"One shift mends a part of it only: `visalign fix --mode {mode}` {does}."
    if sync.verdict == "in-sync":
        return "Nothing to fix."
    if sync.verdict == "mismatched":
        return "Check that this sound belongs to this picture."
    if sync.lead_seconds is None or not tells_offset(sync):
        return ""
    if sync.verdict == "uncertain":
        guess = lead_in_words(sync.lead_seconds, rate)
        return f"The best guess is that audio is {guess}; look before you correct by it."
    doing = "delay" if sync.verdict == "audio-early" else "advance"
    frames = "" if rate is None else in_frames(sync.lead_seconds, rate)
    ms = abs(round(1000 * round(sync.lead_seconds, 6)))
    return f"To fix, {doing} the audio by {ms} ms." + f" That is {frames} at {_per_second(rate)}." * bool(frames)


def _per_second(rate: Fraction | None) -> str:
    """ "25 fps", "29.97 fps"."""
    return "" if rate is None else f"{float(rate):.5g} fps"


def interval_in_words(sync: SyncEstimate) -> str:
    """ "from 61 ms early to 105 ms early"; empty without an interval, and where no offset is told."""
    if sync.lead_interval is None or not tells_offset(sync):
        return ""
    low, high = (lead_in_words(x) for x in sync.lead_interval)
    return f"from {low} to {high}"


def own_bias_in_words(own_bias: OwnBias) -> str:
    """Which bias of speaker and camera was taken off, and how sure that is, one sentence.

    Examples
    --------
    >>> own_bias_in_words(OwnBias("take1.mp4", -0.011, 0.005, 17.8))
    'The bias of speaker and camera is taken off: audio 11 ms late, ±10 ms, by 17.8 s of speech in take1.mp4.'
    """
    half = 1.96 * 1000 * own_bias.scatter_seconds
    lead = lead_in_words(own_bias.lead_seconds)
    return (
        f"The bias of speaker and camera is taken off: audio {lead}, ±{half:.0f} ms, by "
        f"{own_bias.speech_seconds:.1f} s of speech in {own_bias.clip}."
    )


def lip_reading_in_words(read: LipReadingScore) -> str:
    """What was read off the lips alone and how much of it is wrong, one sentence.

    Examples
    --------
    >>> from visalign.lip_reading.error_rates import ErrorCount
    >>> lip_reading_in_words(LipReadingScore("grid", "bin red", ErrorCount(2, 1), ErrorCount(6, 2), 0.75))
    'The lips alone read as "bin red": 1 of 2 words wrong (50%; guessing: 75%), 33% of the visemes (grammar grid).'
    """
    told = f'The lips alone read as "{read.sentence}"'
    if read.words is None or read.visemes is None:
        return f"{told} (grammar {read.grammar})."
    n_wrong, n_said = read.words.n_errors, read.words.n_said
    guessing = "" if read.word_chance is None else f"; guessing: {read.word_chance:.0%}"
    visemes = "" if read.visemes.rate is None else f", {read.visemes.rate:.0%} of the visemes"
    share = f"{n_wrong / n_said:.0%}"
    return f"{told}: {n_wrong} of {n_said} words wrong ({share}{guessing}){visemes} (grammar {read.grammar})."


def certainty(sync: SyncEstimate) -> str:
    """How sure the offset is, in words and as a percentage."""
    if sync.lead_seconds is None:
        return "Nothing could be measured"
    if fits_nowhere(sync):
        return "No offset can be trusted"
    confidence = round(sync.confidence, 6)
    percent = f"{100 * confidence:.0f} %" if confidence < 0.995 else "over 99 %"
    words = "Sure" if confidence >= _SURE else "Fairly sure" if confidence >= _FAIRLY_SURE else "Not sure"
    return f"{words} ({percent}): right to within 40 ms"


def course_in_words(course: OffsetCourse | None) -> str:
    """How the offset goes on along the clip, one sentence; empty where it is steady or nothing is known.

    Parameters
    ----------
    course : OffsetCourse or None
    """
    if course is None or course.kind == "steady":
        return ""
    if course.kind == "drift":
        rate, cause = course.drift.rate, f", as with {course.likely_cause}" if course.likely_cause else ""
        grows = "earlier" if rate > 0 else "later"
        return f"The audio drifts: {abs(60_000 * rate):.0f} ms a minute {grows} ({1e6 * rate:+.0f} ppm){cause}."
    first, *others = course.pieces
    parts = [f"{lead_in_words(piece.lead_seconds)} from {_when(piece.start)}" for piece in others[:_MOST_JUMPS]]
    more = f" and {len(others) - _MOST_JUMPS} more" if len(others) > _MOST_JUMPS else ""
    return f"The offset jumps: {', '.join([lead_in_words(first.lead_seconds), *parts])}{more}."


def _when(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < _MINUTE else clock(seconds)
