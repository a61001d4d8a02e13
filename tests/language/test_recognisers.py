"""The JSON of recognisers and aligners, each as its program writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from visalign.errors import ParseError
from visalign.language.annotations import Annotation, read_annotation

WORDS = [(0.488, 0.663, "she"), (0.663, 0.906, "had")]


def read(folder: Path, data: Any, name: str = "a.json") -> Annotation:
    (folder / name).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_annotation(folder / name)


def rows(found: Annotation, kind: str = "words") -> list[tuple[float, float, str]]:
    return [(round(x.start, 6), round(x.end, 6), x.label) for track in found.tracks for x in getattr(track, kind)]


def entries(label: str = "word", start: str = "start", end: str = "end", **more: Any) -> list[dict[str, Any]]:
    return [{label: x, start: a, end: b, **more} for a, b, x in WORDS]


SEGMENT = {"id": 0, "start": 0.4, "end": 3.2, "text": " She had", "avg_logprob": -0.2, "no_speech_prob": 0.01}
CPP = [{"text": f" {x}", "offsets": {"from": 1000 * a, "to": 1000 * b}, "timestamps": {}} for a, b, x in WORDS]
FRAGMENTS = [{"begin": str(a), "end": str(b), "lines": [x], "children": []} for a, b, x in WORDS]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"text": "she had", "segments": [SEGMENT | {"words": entries(probability=0.9)}], "language": "en"}, "Whisper"),
        ({"text": "she had", "segments": [SEGMENT | {"words": entries("text", confidence=0.9)}]}, "Whisper"),
        ({"task": "transcribe", "duration": 3.4, "text": "she had", "words": entries()}, "Whisper"),
        ({"segments": [SEGMENT], "words": entries()}, "Whisper"),
        ({"segments": [SEGMENT | {"words": entries(score=0.9)}], "word_segments": entries()}, "WhisperX"),
        ({"segments": [SEGMENT], "word_segments": entries()}, "WhisperX"),
        ({"text": "", "chunks": [{"text": f" {x}", "timestamp": [a, b]} for a, b, x in WORDS]}, "Whisper"),
        ({"transcription": CPP}, "Whisper"),
        ({"result": entries(conf=0.9), "text": "she had"}, "Vosk"),
        (entries(), "Whisper"),
        ({"words": entries(case="success"), "transcript": "she had"}, "gentle"),
        ({"fragments": FRAGMENTS}, "aeneas"),
        ({"phones": [], "words": entries("label")}, "visalign"),
    ],
)  # fmt: skip
def test_words(tmp_path: Path, data: Any, kind: str) -> None:
    found = read(tmp_path, data)
    assert rows(found) == WORDS
    assert found.kind.endswith(kind)
    assert not found.warnings
    assert read(tmp_path, data, "whatever.txt").tracks == found.tracks  # known by its content


def test_confidences_are_kept(tmp_path: Path) -> None:
    found = read(tmp_path, {"segments": [SEGMENT | {"words": entries(probability=0.75)}]})
    assert [x.score for x in found.tracks[0].words] == [0.75, 0.75]


def test_segments_without_words_are_utterances(tmp_path: Path) -> None:
    for data in (
        {"segments": [SEGMENT]},
        {"chunks": [{"text": " She had", "timestamp": [0.4, 3.2]}]},
        {"transcription": [{"text": " She had", "offsets": {"from": 400, "to": 3200}}]},
        {"fragments": [{"begin": "0.400", "end": "3.200", "lines": ["She", "had"]}]},
    ):
        found = read(tmp_path, data)
        assert rows(found, "utterances") == [(0.4, 3.2, "She had")]
        assert rows(found) == []


def test_speakers_are_those_of_the_words_or_of_their_segments(tmp_path: Path) -> None:
    words = [
        {"word": "she", "start": 0.4, "end": 0.6, "speaker": "SPEAKER_00"},
        {"word": "had", "start": 0.6, "end": 1},
    ]
    found = read(tmp_path, {"segments": [SEGMENT | {"words": words, "speaker": "SPEAKER_01"}], "word_segments": []})
    assert {x.speaker: [y.label for y in x.words] for x in found.tracks} == {
        "SPEAKER_00": ["she"],
        "SPEAKER_01": ["had"],
    }


def test_words_that_whisperx_could_not_place(tmp_path: Path) -> None:
    words = [{"word": "in", "start": 0.5, "end": 0.8}, {"word": "2014,"}, {"word": "he", "start": 1.9, "end": 2.2}]
    found = read(tmp_path, {"segments": [{"start": 0.4, "end": 3, "text": "", "words": words}], "word_segments": []})
    assert rows(found) == [(0.5, 0.8, "in"), (1.9, 2.2, "he")]
    assert rows(found, "phrases") == [(0.8, 1.9, "2014,")]
    edge = [{"word": "2014,"}, {"word": "he", "start": 1.9, "end": 2.2}, {"word": "$5"}]
    found = read(tmp_path, {"segments": [{"start": 0.4, "end": 3, "text": "", "words": edge}], "word_segments": []})
    assert rows(found, "phrases") == [(0.4, 1.9, "2014,"), (2.2, 3.0, "$5")]


def test_words_of_no_length_share_the_time_of_their_neighbours(tmp_path: Path) -> None:
    words = [
        {"word": " suit", "start": 1.3, "end": 1.6},
        {"word": " in", "start": 1.6, "end": 1.6},
        {"word": " greasy", "start": 1.6, "end": 2.0},
    ]
    found = read(tmp_path, {"segments": [SEGMENT | {"words": words}]})
    assert rows(found, "phrases") == [(1.3, 2.0, "suit in greasy")]


def test_a_run_without_times_across_two_segments(tmp_path: Path) -> None:
    one = {"start": 0.0, "end": 2.0, "text": "", "words": [{"word": "a", "start": 0.1, "end": 1.0}, {"word": "b"}]}
    two = {"start": 2.0, "end": 4.0, "text": "", "words": [{"word": "c"}, {"word": "d", "start": 3.0, "end": 3.5}]}
    assert rows(read(tmp_path, {"segments": [one, two]}), "phrases") == [(1.0, 3.0, "b c")]


def test_gentle(tmp_path: Path) -> None:
    phones = [{"phone": "sh_B", "duration": 0.1}, {"phone": "iy_E", "duration": 0.075}]
    she = {"case": "success", "word": "She", "alignedWord": "she", "start": 0.488, "end": 0.663, "phones": phones}
    lost = {"case": "not-found-in-audio", "word": "suit", "startOffset": 1, "endOffset": 2}
    had = {"case": "success", "word": "had", "start": 1.2, "end": 1.5, "phones": [{"phone": "hh_B", "duration": 0.3}]}
    found = read(tmp_path, {"transcript": "She suit had suit", "words": [she, lost, had, lost]})
    assert rows(found) == [(0.488, 0.663, "She"), (1.2, 1.5, "had")]
    assert rows(found, "phones") == [(0.488, 0.588, "sh_B"), (0.588, 0.663, "iy_E"), (1.2, 1.5, "hh_B")]
    assert rows(found, "phrases") == [(0.663, 1.2, "suit")]
    assert found.warnings == (
        "1 word(s) have no time in the file; it is looked for between: suit",
        "1 word(s) have no time in the file and no neighbour after them; left out: suit",
    )
    close = read(tmp_path, {"words": [she, lost, had | {"start": 0.67, "end": 0.97}]})
    assert rows(close, "phrases") == []
    assert "no room between their neighbours; left out: suit" in close.warnings[0]
    short = read(tmp_path, {"words": [she | {"phones": phones[:1]}]})
    assert rows(short, "phones") == []
    assert short.warnings == ("its phones do not fill their words, and are found anew: those of She",)
    with pytest.raises(ParseError, match="heard none of its words"):
        read(tmp_path, {"words": [lost]})


def test_whisper_cpp_names_the_language_as_its_result(tmp_path: Path) -> None:
    row = {"timestamps": {"from": "00:00:00,500", "to": "00:00:00,900"}, "offsets": {"from": 500, "to": 900}}
    said = {"systeminfo": "", "result": {"language": "en"}, "transcription": [row | {"text": " she had"}]}
    found = read(tmp_path, said)
    assert (found.kind, rows(found, "utterances")) == ("JSON of Whisper", [(0.5, 0.9, "she had")])


def test_results_of_vosk(tmp_path: Path) -> None:
    """A recogniser gives a result for each stretch of speech: people keep a list of them, a line each, or the last."""
    she, had = ({"word": w, "start": t, "end": t + 0.25, "conf": 0.5} for w, t in (("she", 0.5), ("had", 2.0)))
    results = [{"result": [she], "text": "she"}, {"text": ""}, {"result": [had], "text": "had"}]
    several = {"alternatives": [{"confidence": 201.5, "result": [she, had], "text": "she had"}, {"text": "sea had"}]}
    for data in (results, "\n".join(map(json.dumps, results)) + "\n", several):
        found = read(tmp_path, data)
        assert (found.kind, rows(found)) == ("JSON of Vosk", [(0.5, 0.75, "she"), (2.0, 2.25, "had")])
    assert read(tmp_path, results).tracks[0].words[0].score == 0.5


def test_what_gentle_heard_beyond_the_transcript(tmp_path: Path) -> None:
    um = {"case": "not-found-in-transcript", "alignedWord": "um", "start": 0.1, "end": 0.2, "phones": []}
    she = {"case": "success", "word": "she", "start": 0.5, "end": 0.75}
    assert rows(read(tmp_path, {"words": [um, she]})) == [(0.5, 0.75, "she")]


def test_milliseconds_of_services(tmp_path: Path) -> None:
    words = [{"text": "She", "start": 500, "end": 660}, {"text": "had", "start": 660, "end": 900}]
    found = read(tmp_path, {"words": words})
    assert rows(found) == [(0.5, 0.66, "She"), (0.66, 0.9, "had")]
    assert found.warnings == ("its times are whole numbers too large for seconds, and were read as milliseconds",)


def test_the_smallest_fragments_of_aeneas(tmp_path: Path) -> None:
    def fragment(begin: float, end: float, *lines: str, children: list[Any] | None = None) -> dict[str, Any]:
        return {"begin": f"{begin:.3f}", "end": f"{end:.3f}", "id": "f", "lines": [*lines], "children": children or []}

    inner = [fragment(0.5, 1, "she had"), fragment(1, 2, "your suit")]
    found = read(
        tmp_path, {"fragments": [fragment(0.5, 2, "she had your suit", children=inner), fragment(2, 3, "yes")]}
    )
    assert rows(found, "utterances") == [(0.5, 1.0, "she had"), (1.0, 2.0, "your suit"), (2.0, 3.0, "yes")]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"zorb": "Z AO R B"}, "JSON of an unknown kind; read are Praat TextGrid, ELAN"),
        ("[]", "JSON of an unknown kind"),
        ("3", "unknown kind"),
        ({"segments": []}, "no word and no segment with a time"),
        ({"segments": [3]}, "its entries are not those of an alignment"),
        ({"segments": [{"start": "soon", "end": 1, "text": "oh"}]}, "no word and no segment"),
        ({"segments": [{"start": [1], "end": 1, "text": "oh"}]}, "its entries are not those"),
        ({"segments": [{"start": 10**400, "end": 1, "text": "oh no"}]}, "a number larger than any"),
        ('{"segments": [{"start": 0, "end": 1e999, "text": "oh no"}]}', "a number larger than any"),
        ({"words": [{"word": "oh", "start": 2, "end": 1}]}, "must come after the start"),
        ({"fragments": [{"begin": "0", "end": "1"}]}, "no fragment"),
        ({"fragments": [[]]}, "its entries are not those"),
        ({"words": [{"case": "success"}]}, "its entries are not those"),
        ('{"segments": [', "not JSON"),
    ],
)
def test_what_can_not_be_read(tmp_path: Path, data: Any, complaint: str) -> None:
    with pytest.raises(ParseError, match=complaint):
        read(tmp_path, data)


def test_times_that_are_no_numbers_are_no_times(tmp_path: Path) -> None:
    words = '{"word": "in", "start": 0.5, "end": 0.8}, {"word": "x", "start": NaN, "end": null}'
    found = read(tmp_path, '{"segments": [{"start": 0.4, "end": 3, "text": "", "words": [' + words + "]}]}")
    assert rows(found, "phrases") == [(0.8, 3.0, "x")]
