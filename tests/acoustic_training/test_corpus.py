"""What is found in a corpus: who says what, where, and what is left out with its reason."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from visalign.acoustic_training.corpus import LONGEST_STRETCH, SpokenCorpus, StretchOfSound, read_spoken_corpus
from visalign.errors import ConfigError, InputError, ParseError
from visalign.files.text_files import write_textgrid
from visalign.language.lexicon import Lexicon, parse_lexicon
from visalign.media.clips import write_wav
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

WORDS = parse_lexicon("kali k a l i\nlika l i k a\nt'ika t' i k a\n")

EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0">
<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="200"/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="900"/></TIME_ORDER>
<TIER LINGUISTIC_TYPE_REF="text" TIER_ID="Nina" PARTICIPANT="Nina"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="x"
TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>kali lika</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER><LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="text" TIME_ALIGNABLE="true"/></ANNOTATION_DOCUMENT>
"""


def sound(path: Path, seconds: float = 1.0, rate_hz: int = 16000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(0).normal(0.0, 0.05, round(seconds * rate_hz)).astype(np.float32)
    write_wav(path, Audio(samples, rate_hz))
    return path


def read(folder: Path, **options: object) -> SpokenCorpus:
    return read_spoken_corpus(folder, WORDS, language="und", **options)  # type: ignore[arg-type]


def test_texts_beside_sounds_in_a_folder_a_speaker(tmp_path: Path) -> None:
    sound(tmp_path / "ana/one.wav").with_suffix(".txt").write_text("Kali, t'ika!", encoding="utf-8")
    sound(tmp_path / "ben/two.wav").with_suffix(".lab").write_text("lika", encoding="utf-8")
    found = read(tmp_path)
    assert [(x.name, x.speaker, x.words) for x in found.stretches] == [
        ("ana/one.wav", "ana", ("kali", "t'ika")),
        ("ben/two.wav", "ben", ("lika",)),
    ]
    assert found.speakers == ("ana", "ben")
    assert found.words == ("kali", "lika", "t'ika")
    assert found.stretches[0].sound().duration == pytest.approx(1.0)


def test_intervals_of_a_textgrid_are_stretches_of_their_own(tmp_path: Path) -> None:
    path = sound(tmp_path / "talk.wav", 3.0)
    rows = [Interval(0.25, 1.0, "kali lika"), Interval(1.5, 2.75, "lika")]
    write_textgrid(path.with_suffix(".TextGrid"), [Tier.from_intervals("Rosa", rows, start=0.0, end=3.0)])
    found = read(tmp_path).stretches
    assert [(x.name, x.speaker, x.words) for x in found] == [
        ("talk.wav:0.250-1.000", "Rosa", ("kali", "lika")),
        ("talk.wav:1.500-2.750", "Rosa", ("lika",)),
    ]
    whole = StretchOfSound(path)()
    assert found[1].sound().samples.tolist() == whole.samples[24000:44000].tolist()


def test_an_eaf_names_its_speaker(tmp_path: Path) -> None:
    sound(tmp_path / "talk.wav").with_suffix(".eaf").write_text(EAF, encoding="utf-8")
    assert [(x.name, x.speaker, x.words) for x in read(tmp_path).stretches] == [
        ("talk.wav:0.200-0.900", "Nina", ("kali", "lika"))
    ]


def test_labels_of_words_alone_are_the_text(tmp_path: Path) -> None:
    path = sound(tmp_path / "ana/one.wav")
    rows = [Interval(0.1, 0.4, "kali"), Interval(0.4, 0.9, "lika")]
    words, phones = (Tier.from_intervals(x, rows, start=0.0, end=1.0) for x in ("words", "phones"))
    write_textgrid(path.with_suffix(".TextGrid"), [words, phones])
    assert [(x.name, x.words) for x in read(tmp_path).stretches] == [("ana/one.wav", ("kali", "lika"))]


def test_a_table_of_recordings(tmp_path: Path) -> None:
    sound(tmp_path / "a/one.wav")
    sound(tmp_path / "a/two.wav").with_suffix(".txt").write_text("lika", encoding="utf-8")
    table = tmp_path / "list.csv"
    table.write_text("clip,text,transcript,speaker\na/one.wav,kali,,rosa\na/two.wav,,a/two.txt,\n", encoding="utf-8")
    assert [(x.name, x.speaker, x.words) for x in read(table).stretches] == [
        ("a/one", "rosa", ("kali",)),
        ("a/two", "a", ("lika",)),
    ]


def test_a_table_says_who_speaks(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sound(tmp_path / f"{name}.wav").with_suffix(".txt").write_text("kali", encoding="utf-8")
    who = tmp_path / "who.csv"
    who.write_text("file,speaker\none.wav,rosa\ntwo,carla\n", encoding="utf-8")
    assert [x.speaker for x in read(tmp_path, speakers=who).stretches] == ["rosa", "carla"]
    who.write_text("file,speaker\none.wav,rosa\nthree.wav,carla\n", encoding="utf-8")
    with pytest.raises(ParseError, match=r"who\.csv:3: 'three\.wav': there is no such recording"):
        read(tmp_path, speakers=who)
    who.write_text("name,speaker\none.wav,rosa\n", encoding="utf-8")
    with pytest.raises(ParseError, match="no column file; wanted: file,speaker"):
        read(tmp_path, speakers=who)


def test_what_is_left_out_says_why(tmp_path: Path) -> None:
    sound(tmp_path / "good.wav").with_suffix(".txt").write_text("kali", encoding="utf-8")
    sound(tmp_path / "silent.wav").with_suffix(".phones").write_text("k a l i", encoding="utf-8")
    sound(tmp_path / "empty.wav").with_suffix(".txt").write_text("[laughs]", encoding="utf-8")
    sound(tmp_path / "figures.wav").with_suffix(".txt").write_text("kali\n42 lika", encoding="utf-8")
    sound(tmp_path / "broken.wav").with_suffix(".TextGrid").write_text("ooTextFile nonsense", encoding="utf-8")
    sound(tmp_path / "short.wav").with_suffix(".srt").write_text(
        "1\n00:00:00,000 --> 00:00:00,050\nkali\n", encoding="utf-8"
    )
    found = read(tmp_path)
    assert [x.name for x in found.stretches] == ["good.wav"]
    reasons = {x.name: x.reason for x in found.left_out}
    assert set(reasons) == {"silent.wav", "empty.wav", "figures.wav", "broken.wav", "short.wav:0.000-0.050"}
    assert "nothing tells what is said" in reasons["silent.wav"]
    assert "no word in it" in reasons["empty.wav"]
    assert "'42'" in reasons["figures.wav"]
    assert "broken.TextGrid" in reasons["broken.wav"]
    assert "0.050 s" in reasons["short.wav:0.000-0.050"]


def test_nothing_to_learn_from_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(InputError, match="there is no recording in it"):
        read(tmp_path)
    sound(tmp_path / "silent.wav")
    with pytest.raises(
        InputError, match=r"nothing can be learnt from its 1 recording\(s\)\. silent\.wav: nothing tells"
    ):
        read(tmp_path)
    with pytest.raises(ConfigError, match="corpus layout"):
        read(tmp_path, layout="gridd")


def test_a_recording_too_long_without_times_is_refused(tmp_path: Path) -> None:
    path = sound(tmp_path / "long.wav", LONGEST_STRETCH + 1.0, rate_hz=8000)
    with pytest.raises(InputError, match="121 s in one stretch"):
        StretchOfSound(path)()
    assert StretchOfSound(path, 10.0, 20.0)().duration == pytest.approx(10.0)
    with pytest.raises(InputError, match="lies behind the end"):
        StretchOfSound(path, 200.0, 210.0)()


def test_a_stretch_goes_into_another_process(tmp_path: Path) -> None:
    stretch = StretchOfSound(sound(tmp_path / "one.wav"), 0.25, 0.75)
    again = pickle.loads(pickle.dumps(stretch))
    assert again().samples.tolist() == stretch().samples.tolist()


def test_stretches_of_one_name_are_told_apart(tmp_path: Path) -> None:
    text = "1\n00:00:00,000 --> 00:00:00,500\nkali\n\n2\n00:00:00,000 --> 00:00:00,500\nlika\n"
    sound(tmp_path / "one.wav").with_suffix(".srt").write_text(text, encoding="utf-8")
    names = [x.name for x in read(tmp_path).stretches]
    assert len(names) == len(set(names)) == 2


def test_words_without_a_language_stay_as_they_are_written(tmp_path: Path) -> None:
    sound(tmp_path / "one.wav").with_suffix(".txt").write_text("ñaña Straße ɓaɗɗo", encoding="utf-8")
    found = read_spoken_corpus(tmp_path, Lexicon({}), language="und")
    assert found.stretches[0].words == ("ñaña", "straße", "ɓaɗɗo")
