r"""What each sound of a clip says about the lead: the evidence of the frames, gathered by phone.

Method
------
The lip model gives each frame's log-likelihood at each lag (:func:`~visalign.sync.estimate.lag_evidence`). A phone's
share is the sum over the frames in which its lips are looked for, those of ``[start + lead, end + lead)``, tempered
like the clip's own curve. The shares of all phones and pauses add up to that curve. What a phone says for a lead
:math:`\ell` is its Bayes factor [1]_: how many times likelier its lips are where the lead is :math:`\ell`, to within a
frame of 40 ms, than where it is any other of the search,

.. math:: B = \frac{\text{mean of } e^{c(L)} \text{ over } |L - \ell| \le 40\text{ ms}}
                   {\text{mean of } e^{c(L)} \text{ over the other } L}.

Conventions
-----------
``lead_seconds > 0`` means that the audio leads. Times of a sound are those at which it is heard; its lips are looked
for `lead` later. A sound that no frame with a face shows has no Bayes factor.

References
----------
.. [1] R. E. Kass and A. E. Raftery, Bayes factors, J. American Statistical Association 90(430), 1995.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from visalign.parameters import RIGHT_WITHIN
from visalign.sync.estimate import LagEvidence
from visalign.sync.lip_model import Calibration
from visalign.timeline import Interval, Tier
from visalign.visemes.expected import VisemeTarget

__all__ = ["SoundEvidence", "lag_support", "seen_during", "sound_evidence"]

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SoundEvidence:
    """What one sound says.

    Parameters
    ----------
    phone, word : str
        The sound; the word is empty in a pause.
    start, end : float
        When it is heard, seconds.
    expected : tuple of str
        Visemes that count as right, the map's own first.
    observed : tuple of (str, float)
        Visemes that the lips show while they should show it, and the part of the time (0..1) of each, the longest
        first; "" without a face.
    is_visible : bool
        False where the sound is made behind the lips, or the pause is short.
    n_frames : int
        Frames with a face in which its lips are looked for.
    odds : float or None
        How many times likelier these lips are at the clip's lead than at another; None without a frame.
    own_lead : float or None
        The lead that fits this sound best, seconds.
    own_odds : float
        How many times likelier `own_lead` is than the best within `RIGHT_WITHIN` of the clip's lead; 1 where
        it lies there.
    """

    phone: str
    word: str
    start: float
    end: float
    expected: tuple[str, ...]
    observed: tuple[tuple[str, float], ...]
    is_visible: bool
    n_frames: int
    odds: float | None
    own_lead: float | None
    own_odds: float = 1.0

    @property
    def agreement(self) -> float:
        """Part of the time, 0..1, in which the lips show an expected viseme."""
        return sum(share for viseme, share in self.observed if viseme in self.expected)


def sound_evidence(
    targets: Sequence[VisemeTarget],
    observed: Tier,
    lead: float,
    evidence: LagEvidence,
    calibration: Calibration,
) -> tuple[SoundEvidence, ...]:
    """What each sound, and each pause, says for `lead`.

    Parameters
    ----------
    targets : sequence of VisemeTarget
        What the lips should show, at the times of the sound.
    observed : Tier
        What they show.
    lead : float
        The clip's lead, seconds.
    evidence : LagEvidence
        Of all frames.
    calibration : Calibration
        Of the lip model.
    """
    has_face = evidence.has_face
    found = []
    for target in targets:
        heard = target.interval
        here = lead + float(evidence.course.at_heard(heard.centre))
        near = slice(*np.searchsorted(evidence.centres, [heard.start + here, heard.end + here]).tolist())
        own = has_face[near]
        curve = calibration.temperature * evidence.log_likelihoods[near][own].sum(axis=0)
        odds, own_lead, own_odds = lag_support(evidence.lags_at(heard), curve, here) if own.any() else (None, None, 1.0)
        found.append(
            SoundEvidence(
                phone=target.phone,
                word=target.word,
                start=heard.start,
                end=heard.end,
                expected=(target.viseme, *sorted(target.acceptable - {target.viseme})),
                observed=seen_during(observed, heard, here),
                is_visible=target.is_visible,
                n_frames=int(own.sum()),
                odds=odds,
                own_lead=own_lead,
                own_odds=own_odds,
            )
        )
    return tuple(found)


def lag_support(lags: Floats, curve: Floats, lead: float) -> tuple[float, float, float]:
    """How much a tempered log-likelihood curve says for a lead, which lead it likes best, and by how much.

    Parameters
    ----------
    lags, curve : ndarray, shape (n_lags,)
        Leads, seconds, and the log-likelihood of each.
    lead : float
        The lead that is asked about, seconds.

    Returns
    -------
    odds, own_lead, own_odds : float
        As in :class:`SoundEvidence`.

    Examples
    --------
    >>> lags = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])
    >>> lag_support(lags, np.log([1.0, 1.0, 6.0, 2.0, 2.0]), 0.0)
    (4.0, 0.0, 1.0)
    """
    near = np.abs(lags - lead) <= RIGHT_WITHIN + 1e-9
    if not near.any() or near.all():
        return 1.0, lead, 1.0
    likelihood = np.exp(curve - curve.max())
    best = int(curve.argmax())
    odds = float(likelihood[near].mean() / likelihood[~near].mean())
    return round(odds, 9), float(lags[best]), float(1.0 / likelihood[near].max())


def seen_during(observed: Tier, heard: Interval, lead: float) -> tuple[tuple[str, float], ...]:
    """Visemes on the lips while they should show a sound, and the part of that time of each, the longest first.

    Parameters
    ----------
    observed : Tier
        Of the whole clip.
    heard : Interval
        When the sound is heard.
    lead : float
        How much later its lips are looked for, seconds.
    """
    wanted = Interval(heard.start + lead, heard.end + lead, "")
    seconds = dict[str, float]()
    for shown in observed.touching(wanted.start, wanted.end):
        seconds[shown.label] = seconds.get(shown.label, 0.0) + shown.overlap(wanted)
    whole = sum(seconds.values())
    return tuple((label, s / whole) for label, s in sorted(seconds.items(), key=lambda item: (-item[1], item[0])))
