"""Where somebody speaks: stretches of speech with their probability.

Conventions
-----------
A detector gives the probability of speech in rows of :data:`HOP` seconds; row i covers ``[i, i + 1) * HOP``.
:func:`find_speech` turns them into a gap-free tier of :data:`SPEECH` and silence (``""``), the score of an interval
being the mean probability that its label is right.

Two detectors are there: ``statistical``, which needs nothing else (:mod:`visalign.sound.voice_activity.statistical`),
and ``webrtc``, from the library of that name, for comparison and for those who know it
(:mod:`visalign.sound.voice_activity.webrtc`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.sound.voice_activity.detection import DETECTORS, HOP, SPEECH, find_speech, speech_probabilities

__all__ = ["DETECTORS", "HOP", "SPEECH", "find_speech", "speech_probabilities"]

__getattr__ = lazily(__name__)
