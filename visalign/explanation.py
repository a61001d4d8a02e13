"""Why a clip was judged as it was, in words: the sounds and words that say most for it, and those that say least.

Two sources, of different worth. With the evidence of each sound (:func:`~visalign.sync.sound_evidence.sound_evidence`)
an item tells how many times likelier the lips of one sound are at the clip's lead than at another. A report alone holds
the scores of whole words; an item then tells how many times better a word and the frames around it fit within the
limits of the verdict profile than outside, or the other way round.

Where sound and lips fit at no lead, no lead can be spoken for; the items then are the sounds whose lips show something
else than expected, and those that fit nevertheless.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads. Odds are Bayes factors; the words for them are those of Kass and
Raftery [1]_, and none is shown above :data:`LARGEST_ODDS`, because a model's tails are not measured that far out.

References
----------
.. [1] R. E. Kass and A. E. Raftery, Bayes factors, J. American Statistical Association 90(430), 1995.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from visalign.config import Config
from visalign.errors import AnyPath, ConfigError
from visalign.language.annotations import Cue
from visalign.language.phone_lists import aligned_alphabet
from visalign.language.phones import is_silence
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import RIGHT_WITHIN
from visalign.pipeline import check
from visalign.reports.clip_report import ClipReport
from visalign.reports.wording import lead_in_words
from visalign.sync.estimate import lag_density
from visalign.sync.judging import Instruments
from visalign.sync.lip_model import Calibration, LipModel
from visalign.sync.sound_evidence import SoundEvidence, seen_during, sound_evidence
from visalign.visemes.expected import expected_visemes
from visalign.visemes.naming import named, names_of
from visalign.visemes.viseme_map import VisemeMap

__all__ = ["LARGEST_ODDS", "Explanation", "Item", "explain_clip", "explain_sounds", "explain_words", "strength"]

LARGEST_ODDS = 1000.0
"""Odds above this are shown as "more than 1000"."""

_STRENGTHS = ((3.0, "hardly anything"), (20.0, "something"), (150.0, "much"), (float("inf"), "very much"))
_OWN_LEAD_ODDS = 1.2  # a sound that likes another lead by less than this says nothing about it
_RIVAL_DISTANCE = 2 * RIGHT_WITHIN
_WHOLLY, _WORTH_NAMING = 0.995, 0.05  # parts of a sound's time


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence.

    Parameters
    ----------
    place : str
        Which sound of which word, and when it is heard.
    expected, shown, says : str
        What the lips should show, what they did show, and what that says for which lead: a sentence each.
    odds : float or None
        How many times it is likelier under the verdict's lead than otherwise; None where that can't be told.
    """

    place: str
    expected: str
    shown: str
    says: str
    odds: float | None

    @property
    def text(self) -> str:
        """All of it as one paragraph."""
        return " ".join([f"{self.place}.", self.expected, self.shown, self.says])


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a clip was judged as it was.

    Parameters
    ----------
    summary : tuple of str
        The report's own words, a line each; the headline is the first.
    strongest, weakest : tuple of Item
        The items that say most for the verdict, the strongest first, and those that say least for it or speak against
        it, the weakest first. No item is in both.
    headings : (str, str)
        What is strong and weak about them.
    caveats : tuple of str
        What the numbers do not tell.
    """

    summary: tuple[str, ...]
    strongest: tuple[Item, ...]
    weakest: tuple[Item, ...]
    headings: tuple[str, str]
    caveats: tuple[str, ...]


def strength(odds: float) -> str:
    """How much odds say, in words, whichever way they point.

    Examples
    --------
    >>> [strength(x) for x in (1.2, 8.0, 0.02, 400.0)]
    ['hardly anything', 'something', 'much', 'very much']
    """
    either_way = max(odds, 1 / odds) if odds > 0 else float("inf")
    return next(words for limit, words in _STRENGTHS if either_way < limit or limit == float("inf"))


def explain_clip(
    path: AnyPath | LipFeatures,
    transcript: str | PathLike[str] | Sequence[Cue] | None = None,
    *,
    viseme_map: str | PathLike[str] | VisemeMap | None = None,
    model: LipModel | AnyPath | None = None,
    config: Config | None = None,
    n_items: int = 5,
    **options: Any,
) -> tuple[ClipReport, Explanation]:
    """Check a clip and explain the result by its sounds.

    Parameters and errors are those of :func:`~visalign.pipeline.check`, all of which can be given; `n_items` is that of
    :func:`explain_sounds`.
    """
    tools = Instruments.of(config, model, viseme_map)
    report = check(
        path,
        transcript,
        viseme_map=tools.viseme_map,
        model=tools.model,
        config=config,
        **{**options, "evidence": True},
    )
    assert report.evidence is not None
    assert report.evidence.comparison is not None
    found = report.evidence.comparison
    sounds = sound_evidence(found.targets, report.observed_visemes, found.lead, found.evidence, found.calibration)
    return report, explain_sounds(report, sounds, found.calibration, tools.viseme_map, n_items=n_items)


def explain_sounds(
    report: ClipReport,
    sounds: Sequence[SoundEvidence],
    calibration: Calibration,
    viseme_map: VisemeMap | None = None,
    *,
    n_items: int = 5,
) -> Explanation:
    """Explain a clip by its sounds.

    Parameters
    ----------
    report : ClipReport
        Of the clip.
    sounds : sequence of SoundEvidence
        At the report's lead.
    calibration : Calibration
        Of the lip model that made both.
    viseme_map : VisemeMap, optional
        The map of the report; by default the shipped one of its name.
    n_items : int
        How many items there are of each kind, at most.
    """
    look = _Look.of(report, viseme_map)
    spoken = [sound for sound in sounds if sound.word or (report.clip.transcript is None and sound.phone != "SIL")]
    lead = report.sync.lead_seconds
    if report.sync.verdict == "mismatched" or lead is None:
        return _by_agreement(report, spoken, look, n_items)
    weighed = sorted((s for s in spoken if s.odds is not None), key=lambda s: (-(s.odds or 0.0), s.start))
    strongest, weakest = _both_ends([_weighed_item(sound, lead, look) for sound in weighed], n_items)
    here = lead_in_words(lead)
    unseen = sum(sound.odds is None for sound in spoken)
    return Explanation(
        tuple(report.summary().splitlines()),
        strongest,
        weakest,
        (f"Says most for audio that is {here}", "Says least for it, or against it"),
        (*_rival(report, calibration, lead), *_unseen(unseen, len(spoken)), _HOW_TO_READ_SOUNDS, _OBSERVED_IS_A_GUESS),
    )


def explain_words(report: ClipReport, viseme_map: VisemeMap | None = None, *, n_items: int = 5) -> Explanation:
    """Explain a clip by what its report alone holds: the scores of its words.

    Parameters are those of :func:`explain_sounds`.
    """
    look = _Look.of(report, viseme_map)
    if report.sync.verdict == "mismatched" or report.sync.lead_seconds is None:
        return _by_agreement(report, _reported_sounds(report, look), look, n_items)
    rows: Sequence[Mapping[Any, Any]] = report.segments.dropna(subset=["score"]).to_dict("records")
    limits = (report.clip.max_lead_seconds, report.clip.max_lag_seconds)
    within = -limits[1] <= report.sync.lead_seconds <= limits[0]
    ranked = sorted(rows, key=lambda row: (-row["score"] if within else row["score"], row["start"]))
    strongest, weakest = _both_ends([_word_item(row, within, look) for row in ranked], n_items)
    side = "within" if within else "outside"
    unjudged = len(report.segments) - len(rows)
    return Explanation(
        tuple(report.summary().splitlines()),
        strongest,
        weakest,
        (f"Says most for a lead {side} the limits", "Says least for it, or against it"),
        (*_unseen(unjudged, len(report.segments), "words"), _HOW_TO_READ_WORDS, _OBSERVED_IS_A_GUESS, _ONLY_WORDS),
    )


_HOW_TO_READ_SOUNDS = (
    "Times likelier: the lips of this sound, if the clip's lead is right (to within 40 ms), against any other lead of "
    "the search. One sound alone proves little; the verdict rests on the sum."
)
_HOW_TO_READ_WORDS = (
    "Times better: the lips of this word and of the quarter of a second around it, within the verdict's limits against "
    "outside. Neighbouring words therefore share evidence."
)
_ONLY_WORDS = "A report holds no evidence of single sounds; `visalign explain` on the clip itself tells those."
_OBSERVED_IS_A_GUESS = (
    'What the lips "show" is the most probable viseme of a decoder that errs in many frames; the verdict rests on the '
    "measured shape of the mouth, not on these names."
)


@dataclass(frozen=True, slots=True)
class _Look:
    """Puts visemes into words."""

    viseme_map: VisemeMap | None
    names: Mapping[str, str]

    @classmethod
    def of(cls, report: ClipReport, viseme_map: VisemeMap | None) -> _Look:
        if viseme_map is None:
            try:
                viseme_map = VisemeMap.load(report.clip.viseme_map)
            except ConfigError:  # a map of the user's own, of which only its names are known
                viseme_map = None
        return cls(viseme_map, report.clip.names if viseme_map is None else names_of(viseme_map))

    def name(self, viseme: str) -> str:
        """A viseme by its words and its letter."""
        return named(viseme, self.names)

    def expected(self, sound: SoundEvidence) -> str:
        """What the lips should show, as a sentence."""
        first, *others = map(self.name, sound.expected)
        if sound.is_visible:
            return f"Expected: {' or '.join([first, *others])}."
        also = ", or what the sounds around it show" if others else ""
        return f"Made behind the lips, so hardly visible; expected: {first}{also}."

    def shown(self, observed: Sequence[tuple[str, float]]) -> str:
        """What they showed, as a sentence."""
        if not observed:
            return "The picture does not show it."
        if observed[0][1] > _WHOLLY:
            return f"The lips showed: {self.name(observed[0][0])}."
        parts = [f"{self.name(viseme)} {share:.0%}" for viseme, share in observed if share >= _WORTH_NAMING]
        return f"The lips showed: {', '.join(parts)}."


def _both_ends(items: Sequence[Item], n_items: int) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The first items, and the last ones in reverse; of few items, the greater half are the first."""
    n_first = min(n_items, (len(items) + 1) // 2)
    n_last = min(n_items, len(items) - n_first)
    return tuple(items[:n_first]), tuple(items[::-1][:n_last])


def _weighed_item(sound: SoundEvidence, lead: float, look: _Look) -> Item:
    assert sound.odds is not None
    says = _odds_in_words(sound.odds, f"likelier at {lead_in_words(lead)} than at other leads")
    if sound.own_odds >= _OWN_LEAD_ODDS and sound.own_lead is not None:
        says += f" By itself it fits {lead_in_words(sound.own_lead)} best, {sound.own_odds:.1f} times better."
    return Item(_place(sound), look.expected(sound), look.shown(sound.observed), says, sound.odds)


def _odds_in_words(odds: float, what: str) -> str:
    either_way = max(odds, 1 / odds) if odds > 0 else LARGEST_ODDS + 1
    number = _number(either_way).capitalize()
    less = what if odds >= 1 else what.replace("likelier", "less likely").replace("better", "worse")
    return f"{number} times {less}: says {strength(odds)} {'for' if odds >= 1 else 'against'} it."


def _number(odds: float) -> str:
    return f"more than {LARGEST_ODDS:.0f}" if odds > LARGEST_ODDS else f"{odds:.{0 if odds >= 10 else 1}f}"


def _place(sound: SoundEvidence) -> str:
    where = f' of "{sound.word}"' if sound.word else ""
    return f"{sound.phone}{where}, heard at {sound.start:.2f} s"


def _word_item(row: Mapping[Any, Any], within: bool, look: _Look) -> Item:
    score = float(row["score"])
    inside = score / (1 - score) if score < 1 else LARGEST_ODDS + 1
    odds = inside if within else 1 / inside if inside > 0 else LARGEST_ODDS + 1
    sides = ("within the limits than outside", "outside the limits than within")
    says = _odds_in_words(odds, f"better {sides[0 if within else 1]}")
    lead = row["lead_seconds"]
    if not np.isnan(lead):
        says += f" Judged near the clip's lead, its own is {lead_in_words(lead)}."
    phones = f"heard as {row['phones']}" if row["phones"] else "without phones"
    return Item(
        f'"{row["label"]}", {row["start"]:.2f} to {row["end"]:.2f} s, {phones}',
        f"Expected: {_each(row['expected'], look)}.",
        f"The lips showed: {_each(row['observed'], look)}.",
        says,
        odds,
    )


def _each(visemes: str, look: _Look) -> str:
    return ", then ".join(look.name(x) for x in visemes.split()) or "nothing that could be read"


def _by_agreement(report: ClipReport, spoken: Sequence[SoundEvidence], look: _Look, n_items: int) -> Explanation:
    """The items of a clip without a lead to speak for: what disagrees longest, and what agrees longest."""
    visible = [sound for sound in spoken if sound.is_visible and sound.observed]

    def wrong(sound: SoundEvidence) -> float:
        return (1 - sound.agreement) * (sound.end - sound.start)

    ranked = sorted(visible, key=lambda s: (-wrong(s), s.agreement * (s.end - s.start), s.start))
    strongest, weakest = _both_ends([_agreement_item(sound, look) for sound in ranked], n_items)
    return Explanation(
        tuple(report.summary().splitlines()),
        strongest,
        weakest,
        ("Lips that show something else than expected", "Lips that fit nevertheless"),
        (*_unseen(len(spoken) - len(visible), len(spoken), why="can't be judged by the lips"), _OBSERVED_IS_A_GUESS),
    )


def _agreement_item(sound: SoundEvidence, look: _Look) -> Item:
    says = f"That is right for {sound.agreement:.0%} of its {1000 * (sound.end - sound.start):.0f} ms."
    return Item(_place(sound), look.expected(sound), look.shown(sound.observed), says, None)


def _reported_sounds(report: ClipReport, look: _Look) -> list[SoundEvidence]:
    """The sounds as a report holds them: without odds, and the expected viseme alone where its map is not known."""
    lead, seen = report.sync.lead_seconds or 0.0, report.observed_visemes
    expected: list[tuple[tuple[str, ...], bool, str, str]]
    if look.viseme_map is not None:
        alphabet = aligned_alphabet(report.phones.labels)
        targets = expected_visemes(report.phones, report.words, look.viseme_map, alphabet=alphabet)
        expected = [((t.viseme, *sorted(t.acceptable - {t.viseme})), t.is_visible, t.word, t.phone) for t in targets]
    else:
        labels = zip(report.phones, report.expected_visemes.sample([p.centre for p in report.phones]), strict=True)
        expected = [((v,), True, report.words.label_at(p.centre) or "", p.label) for p, v in labels]
    return [
        SoundEvidence(phone, word, x.start, x.end, visemes, seen_during(seen, x, lead), visible, 0, None, None)
        for x, (visemes, visible, word, phone) in zip(report.phones, expected, strict=True)
        if not is_silence(x.label)
    ]


def _rival(report: ClipReport, calibration: Calibration, lead: float) -> Iterable[str]:
    """The next best lead, and how it compares."""
    lags = np.asarray(report.sync.lags)
    if len(lags) < 2:
        return
    fine, density = lag_density(lags, np.asarray(report.sync.log_likelihoods), calibration)
    peaks = np.flatnonzero((density[1:-1] >= density[:-2]) & (density[1:-1] > density[2:])) + 1
    rivals = [k for k in peaks if abs(fine[k] - lead) > _RIVAL_DISTANCE]
    if not rivals:
        yield "No other lead of the search fits better than its neighbours: there is one peak."
        return
    best = max(rivals, key=lambda k: float(density[k]))
    odds = float(density.max() / density[best]) if density[best] > 0 else float("inf")
    yield f"The next best lead, {lead_in_words(float(fine[best]))}, is {_number(odds)} times less likely."


def _unseen(
    n: int, of: int, what: str = "sounds", why: str = "have no frame with a face and say nothing"
) -> Iterable[str]:
    if n:
        yield f"{n} of {of} {what} {why}."
