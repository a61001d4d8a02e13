"""Mouth tracks and curves beside lips that were read from pictures: closures must fall where the lips close."""

import importlib.util
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from visalign import force_align, read_audio, read_lips
from visalign.animation.coarticulation import mouth_track
from visalign.animation.weight_curves import weight_curves
from visalign.corpora.training_data import training_clips
from visalign.timeline import Interval
from visalign.visemes.expected import expected_visemes, viseme_tier
from visalign.visemes.viseme_map import VisemeMap

RIG = "oculus_15"
CLOSED = "PP"


def track_and_curves(path, transcript, shift=0.0):
    """The lips' gap (0 closed .. 1 widest), frame times, phones, track, and the weight of closed lips a frame."""
    lips, spoken = read_lips(path), force_align(read_audio(path), transcript)
    phones, words = spoken.phones.shift(shift), spoken.words.shift(shift)
    rig = VisemeMap.load(RIG)
    expected = expected_visemes(phones, words, rig)
    gap, times = lips.column("inner_aperture_centre"), lips.times.centres
    low, high = np.nanpercentile(gap, [2, 95])
    weight = weight_curves(expected, rig, times).column(CLOSED)
    return (gap - low) / (high - low), times, phones, viseme_tier(mouth_track(expected, rig)), weight


def test_closures_of_a_generated_clip_are_where_its_lips_close(generated_clip):
    """The clip's audio is early by a known lead, which is taken out first."""
    gap, times, phones, track, weight = track_and_curves(
        generated_clip.path, generated_clip.transcript, generated_clip.lead_seconds
    )
    closures = [x for x in track if x.label == CLOSED]
    assert len(closures) == phones.labels.count("B") == 2
    for closure in closures:
        within = (times >= closure.start) & (times < closure.end)
        assert gap[within].min() < 0.15
        assert weight[within].max() >= 0.9 - 1e-9
    assert np.corrcoef(gap, weight)[0, 1] < -0.1


@pytest.mark.corpus
@pytest.mark.slow
def test_closures_of_real_speech_are_where_the_lips_close(corpus):
    """The frame in which the lips are narrowest near each P B M lies in the track's closure.

    Closures that these lips hardly show (a fifth of their range) say nothing about when they close.
    """
    clips, _ = training_clips(corpus / "grid" / "s1")
    shown, heard, total = 0, 0, 0
    for clip in islice(clips, 0, None, 8):
        gap, times, phones, track, _ = track_and_curves(clip.path, clip.transcript)
        closures = [x for x in track if x.label == CLOSED]
        for phone in phones:
            near = np.flatnonzero((times >= phone.start - 0.12) & (times <= phone.end + 0.08))
            if phone.label not in ("P", "B", "M") or not len(near):
                continue
            lowest = near[np.argmin(gap[near])]
            if min(gap[max(0, lowest - 5) : lowest + 1].max(), gap[lowest : lowest + 6].max()) - gap[lowest] < 0.2:
                continue
            frame = Interval(times[lowest] - 0.02, times[lowest] + 0.02, "narrowest")
            total += 1
            shown += any(frame.overlap(closure) for closure in closures)
            heard += frame.overlap(phone) > 0
    assert total >= 10
    assert shown / total > 0.75
    assert shown >= heard


@pytest.mark.corpus
def test_closed_shapes_begin_where_labellers_have_the_closure(corpus):
    """``benchmarks/closures.py``, which makes the table of the documentation; 25 ms when holds reached backwards."""
    path = Path(__file__).parents[2] / "benchmarks/closures.py"
    spec = importlib.util.spec_from_file_location("closures_beside_labels", path)
    benchmark = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    found = [
        x
        for name in ("timit", "ae")
        for row in islice(benchmark.recordings(corpus / name), 2)
        for x in benchmark.closures(*row)
    ]
    assert len(found) >= 20
    assert np.median([abs(x.shape) for x in found]) <= 0.010
    assert abs(np.median([x.shape for x in found])) <= 0.006
