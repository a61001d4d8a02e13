"""Dictionaries in JSON and CSV, told from those with a word a line; and faults that name file, line and word."""

from __future__ import annotations

from pathlib import Path

import pytest

from visalign.errors import AlignmentError, InputError, ParseError
from visalign.forced_alignment import force_align
from visalign.language.lexicon import arpabet_phones, parse_lexicon, read_lexicon
from visalign.signals import Audio


@pytest.mark.parametrize(
    "text",
    [
        '{"gif": "JH IH F", "zorb": ["Z AO R B", "Z OW B"]}',
        ' {\n "gif": [["JH", "IH", "F"]],\n "zorb": [["Z", "AO", "R", "B"], ["Z", "OW", "B"]]}',
        '{"GIF": ["JH IH F"], "Zorb": ["Z AO R B", "Z OW B"]}',
        "word,phones\ngif,JH IH F\nzorb,Z AO R B\nzorb,Z OW B\n",
        "word,how it sounds\ngif,JH IH F\nzorb,Z AO R B\nzorb,Z OW B\n",
        'Pronunciation;Word\n"JH IH F";gif\nZ AO R B;zorb\nZ OW B;zorb\n',
        "gif,JH IH F\nzorb, Z AO R B\n\nzorb,Z OW B",
        ";;; a comment\ngif;JH IH F\nzorb;Z AO R B\nzorb;Z OW B\n",
        "gif JH IH F\nzorb Z AO R B\nzorb(2) Z OW B\n",
    ],
)
def test_forms(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.dict").write_text(text, encoding="utf-8")
    found = read_lexicon(tmp_path / "a.dict")
    assert [str(x) for x in found["gif"]] == ["JH IH F"]
    assert [str(x) for x in found["zorb"]] == ["Z AO R B", "Z OW B"]
    assert len(found.entries) == 2


def test_the_word_word_is_no_header() -> None:
    assert [*parse_lexicon("word,W ER D\ntext,T EH K S T\n").entries] == ["word", "text"]


@pytest.mark.parametrize("text", [",COMMA K AA M AH\n", "[noise] NSN\n", "{SL} SIL\n", "<unk> SPN\n", "a,b\n"])
def test_signs_alone_make_no_table(text: str) -> None:
    (word,) = parse_lexicon(text).entries if text != "a,b\n" else ["a"]
    assert word in (",comma", "[noise]", "{sl}", "<unk>", "a")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("gif JH IH F\nzorb Z AO R B 0.9\n", 2, "'zorb' has 0.9 among its phones; .*: zorb 0.9 Z AO R B"),
        ("zorb Z AO .5 R B\n", 1, "'zorb' has .5 among its phones"),
        ('{"gif": "JH IH F",\n"zorb": []}', 2, "'zorb' has no phones that can be read"),
        ('{"gif": "JH IH F",\n"zorb": ""}', 2, "'zorb' has no phones; write them"),
        ('{"zorb": ["AH", "EY"]}', 1, "'zorb' has no phones that can be read"),  # two phones, or two ways to say it?
        ('{"zorb": 3}', 1, "'zorb' has no phones that can be read"),
        ('{"zorb": {"phones": "Z"}}', 1, "'zorb' has no phones that can be read"),
        ('[{"word": "zorb"}]', 1, "no object of words"),
        ('{"zorb": "Z AO"', 1, "not JSON"),
        ("word,phones\ngif,JH IH F\nzorb,\n", 3, "'zorb' has no phones"),
        ("gif,JH IH F\nzorb\n", 2, "'zorb' has no phones; wanted: word,phones"),
        ('<?xml version="1.0"?>\n<lexicon/>', 1, "XML"),
    ],
)
def test_faults_name_the_line_and_the_word(tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = tmp_path / "names.dict"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError, match=reason) as caught:
        read_lexicon(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)


@pytest.mark.parametrize(
    ("text", "line"),
    [("gif JH IH F\nzorb Z Q9\n", 2), ('{"gif": "JH IH F",\n "zorb": "Z Q9"}', 2), ("gif,JH\n\nzorb,Z Q9\n", 3)],
)
def test_strange_phones_are_told_where_they_stand(tmp_path: Path, text: str, line: int) -> None:
    """Any alphabet may be read; who needs ARPABET tells which line of which file has none."""
    path = tmp_path / "names.dict"
    path.write_text(text, encoding="utf-8")
    lexicon = read_lexicon(path)
    with pytest.raises(ParseError, match=r"'zorb' has the phone 'Q9', which is neither ARPABET nor the IPA") as caught:
        list(arpabet_phones(lexicon["zorb"][0]))
    assert (caught.value.path, caught.value.line) == (str(path), line)
    near = parse_lexicon("zorb Z AOO R B", name="names.dict")
    with pytest.raises(ParseError, match=r"names\.dict:1: .*did you mean AO"):
        list(arpabet_phones(near["zorb"][0]))


@pytest.mark.parametrize("engine", ["gmm_hmm", "pocketsphinx"])
def test_aligners_tell_where_a_pronunciation_stands(tmp_path: Path, engine: str, generated_audio: Audio) -> None:
    path = tmp_path / "names.dict"
    path.write_text("gif JH IH F\nbin SIL\n", encoding="utf-8")
    with pytest.raises(AlignmentError, match=r"'bin' \(.*names\.dict:2\) holds only silence"):
        force_align(generated_audio, "bin", lexicon=path, aligner=engine)
    path.write_text("\nbin Q9\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"names\.dict:2: 'bin' has the phone 'Q9'"):
        force_align(generated_audio, "bin", lexicon=path, aligner=engine)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.dict").write_bytes("caf\u00e9 K AE F EY\r\n".encode(encoding))
    assert [str(x) for x in read_lexicon(tmp_path / "a.dict")["caf\u00e9"]] == ["K AE F EY"]
