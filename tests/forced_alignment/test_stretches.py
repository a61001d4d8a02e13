"""Words in a stretch between fixed boundaries: where the whole recording has them, and never beyond the stretch."""

from __future__ import annotations

from itertools import pairwise

import pytest

from visalign.errors import AlignmentError
from visalign.face.generated_clip import GeneratedClip
from visalign.forced_alignment import force_align
from visalign.forced_alignment.stretches import SpokenPart, StretchAligner
from visalign.language.lexicon import Pronunciation
from visalign.language.phones import SILENCE
from visalign.media.clips import read_audio


@pytest.fixture(scope="module")
def aligner(generated_clip: GeneratedClip) -> StretchAligner:
    return StretchAligner.of(read_audio(generated_clip.path))


def test_a_stretch_is_aligned_as_the_whole_is(aligner: StretchAligner) -> None:
    whole = force_align(aligner.audio, "bin blue at f two now")
    words = [x for x in whole.words if x.label]
    mine = words[1:4]
    parts = []
    for word in mine:
        phones = [x.label for x in whole.phones if word.start <= x.start < word.end and x.label != SILENCE]
        parts.append(SpokenPart(word.label, (Pronunciation(tuple(phones)),)))
    found = aligner.align(mine[0].start, mine[-1].end, parts)
    assert [[x.label for x in rows] for rows in found] == [list(part.ways[0].phones) for part in parts]
    assert (found[0][0].start, found[-1][-1].end) == (mine[0].start, mine[-1].end)
    for rows, word in zip(found, mine, strict=True):
        assert rows[0].start == pytest.approx(word.start, abs=0.025)
        assert all(a.end == b.start for a, b in pairwise(rows))


def test_a_pause_is_found_where_it_may_stand(aligner: StretchAligner) -> None:
    whole = force_align(aligner.audio, "bin blue at f two now")
    first = next(x for x in whole.words if x.label)
    assert first.start > 0.1  # the clip begins with a pause
    part = [SpokenPart("bin", (Pronunciation(("B", "IH", "N")),))]
    (with_pause,) = aligner.align(0.0, first.end, part, pause_before=True)
    (without,) = aligner.align(0.0, first.end, part)
    assert with_pause[0].start == pytest.approx(first.start, abs=0.03)
    assert without[0].start == 0.0


def test_a_stretch_without_room_is_told(aligner: StretchAligner) -> None:
    part = [SpokenPart("bin", (Pronunciation(("B", "IH", "N")),))]
    with pytest.raises(AlignmentError):
        aligner.align(1.0, 1.02, part)
    with pytest.raises(AlignmentError):
        aligner.align(1e4, 1e4 + 1, part)
