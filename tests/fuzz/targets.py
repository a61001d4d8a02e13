"""What is fuzzed: every reader of a file or text from outside, with small seeds that visalign's own writers make.

A target takes bytes, puts them where its reader looks, and reads. It may raise an error of visalign's own; anything
else is a finding. Nothing here needs a fuzzing library: three engines drive these targets (``fuzz_readers.py``).
"""

from __future__ import annotations

import io
import json
import struct
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from kaldi_writer import mfa_files, model_file, tree_file, write_zip

from visalign.config import Config
from visalign.corpora.clip_list import read_manifest
from visalign.corpora.label_files import read_emu, read_label_lines, read_mlf, read_tiers
from visalign.corpora.sphere import read_sphere
from visalign.corpora.training_data import Transcripts, read_clip_transcript
from visalign.correct.correction import Correction
from visalign.errors import VisalignError
from visalign.evaluation.alignment_evaluation import read_mapping
from visalign.evaluation.run_comparison import read_report
from visalign.exports import ExportOptions, load_exporter
from visalign.exports.glb import read_glb
from visalign.exports.hand_edits import read_edits
from visalign.exports.reading import read_utterance
from visalign.exports.recipes import read_recipe
from visalign.exports.utterance import Utterance
from visalign.face.preview import read_mouths
from visalign.files.timecode import parse_timecode
from visalign.forced_alignment.kaldi_model import read_matrix, read_model, read_tree
from visalign.forced_alignment.mfa_analysis import read_analysis
from visalign.forced_alignment.mfa_archive import read_mfa_model
from visalign.language.annotations import read_annotation, read_cues, read_spoken
from visalign.language.g2p.joint_ngram import JointNgram
from visalign.language.lexicon import parse_lexicon, read_lexicon
from visalign.language.phone_lists import read_phone_list, read_phones
from visalign.language.transcript import parse_transcript, read_transcript
from visalign.lip_reading.grammar import parse_jsgf
from visalign.lips.landmark_files import read_landmark_rows
from visalign.media.remux import Piece
from visalign.ratings.design import RatingDesign, Stimulus
from visalign.ratings.results import read_design
from visalign.sound.enhancement.chain import parse_chain
from visalign.sync.lip_model import LipModel
from visalign.timeline import Tier
from visalign.tuning.bandit import Bandit
from visalign.tuning.reward import parse_metric
from visalign.tuning.space import parse_groups
from visalign.visemes.lint import lint_viseme_map
from visalign.visemes.viseme_map import VisemeMap

HERE = Path(__file__).parent
GOLDENS = HERE.parent / "goldens"
SHIPPED = HERE.parents[1]


@dataclass(frozen=True)
class Target:
    """A reader under attack.

    Parameters
    ----------
    name : str
    read : callable
        Takes bytes; raises `VisalignError` or nothing.
    seeds : callable
        Gives good inputs.
    words : tuple of bytes
        What a mutation may put in: the format's own words.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], tuple[bytes, ...]]
    words: tuple[bytes, ...] = ()


def refuses_or_reads(target: Target, data: bytes) -> None:
    """Give `data` to a target; whatever it raises beside visalign's own errors passes through."""
    try:
        target.read(data)
    except VisalignError as error:
        str(error)


# ---- ways to hand bytes to a reader ----


@cache
def _folder() -> Path:
    # Kept for the whole process: a folder a call would cost more than most readers.
    return Path(tempfile.mkdtemp(prefix="visalign-fuzz-"))


def by_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A reader of files."""

    def call(data: bytes) -> object:
        path = _folder() / name
        path.write_bytes(data)
        return read(path)

    return call


def by_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A reader of texts."""
    return lambda data: read(data.decode("utf-8", "replace"))


def _table_of_folder(path: Path) -> object:
    clips = Transcripts(path.parent)
    return clips.listed(path.parent / "a.mp4"), clips.speaker_of(path.parent / "a.mp4")


def _tier() -> Utterance:
    words = Tier("words", (0.0, 0.4, 0.7, 1.0), ("", "bees", ""))
    phones = Tier("phones", (0.0, 0.4, 0.5, 0.6, 0.7, 1.0), ("SIL", "B", "IY", "Z", "SIL"))
    return Utterance(words, phones, media="a.mp4")


def _exported(*names: str) -> Callable[[], tuple[bytes, ...]]:
    """Seeds from visalign's own exporters."""
    return lambda: tuple(load_exporter(name).render(_tier(), ExportOptions()) for name in names)


def _golden(*names: str) -> Callable[[], tuple[bytes, ...]]:
    return lambda: tuple((GOLDENS / name).read_bytes() for name in names)


def _texts(*texts: str) -> Callable[[], tuple[bytes, ...]]:
    return lambda: tuple(text.encode() for text in texts)


# ---- seeds ----

CTM = "a 1 0.40 0.10 bees 0.9\na 1 0.50 0.20 are NA\n;; a comment\n"
MFA_CSV = "Begin,End,Label,Type,Speaker\n0.0,0.4,hello,words,anna\n0.0,0.1,HH,phones,anna\n"
OWN_CSV = "word,phone,start_seconds,end_seconds,word_number,confidence\nbees,B,0.4,0.5,0,0.9\nbees,IY,0.5,0.6,0,\n"
ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\nFormat: Layer, Start, End, Style, Name, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Anna,,{\\an8}Hello\\Nyou\nComment: 0,0:00:01.00,0:00:02.50,D,,,x\n"
)
TTML = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25">'
    '<body><div begin="1s"><p begin="0s" end="00:00:02:10">Hello<br/><span begin="1s">you</span></p>'
    '<p begin="30t" dur="2.5m">ANNA: x</p></div></body></tt>'
)
SRT = "1\n00:00:01,000 --> 00:00:02,500\nANNA: Hello <i>you</i>\n- BEN: Hi\n\n2\n00:00:03,000 --> 00:00:04,000\nx\n"
VTT = "WEBVTT\n\nNOTE x\n\na\n00:01.000 --> 00:02.500 align:start\n<v Anna>Hello</v>\n"
EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT><HEADER TIME_UNITS="milliseconds"/><TIME_ORDER>
<TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="400"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
<TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="700"/></TIME_ORDER>
<TIER TIER_ID="words" PARTICIPANT="anna" LINGUISTIC_TYPE_REF="x"><ANNOTATION>
<ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>bees
</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2"
TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>hum</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER><TIER TIER_ID="note" PARENT_REF="words"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
<ANNOTATION_VALUE>n</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>
"""
MFA_JSON = '{"start": 0, "end": 1, "tiers": {"words": {"type": "interval", "entries": [[0.1, 0.4, "bees"]]}}}'
LEXICON = "hello  HH AH0 L OW1\nhello(2) HH EH L OW\ngif 0.9 0.1 1.0 1.0 JH IH F # how\n;;; comment\n"
MANIFEST = 'clip;id;text;transcript;expected;map\na.mp4;a;"bin; blue";;in-sync;\nb.mp4;b;;b.txt;uncertain;neti_2000\n'
MANIFEST_JSON = '{"clip": "a.mp4", "text": "bin"}\n{"clip": "b.mp4", "id": "x", "speaker": null}\n'
CONFIG = '[alignment]\noov = "g2p"\n[lips]\ndetect_every = 5\n[verdict]\nprofile = "film"\nmax_lead_seconds = 0.1\n'
EDITS = "start_seconds,end_seconds,shape\n0.4,0.5,A\n"
RECIPE = 'id = "x"\nviseme_map = "jeffers_1971"\nchannels = ["jawOpen"]\n[visemes]\nA = { "mouth*" = 0.5 }\n'
MLF = '#!MLF!#\n"*/a.lab"\n0 4000000 sil\n4000000 5000000 b word\n.\n'
EMU = (
    '{"name": "a", "annotates": "a.wav", "sampleRate": 16000, "levels": [{"name": "Phonetic", "type": "SEGMENT", '
    '"items": [{"id": 1, "sampleStart": 10, "sampleDur": 400, "labels": [{"name": "Phonetic", "value": "b"}]}]}, '
    '{"name": "Word", "type": "ITEM", "items": [{"id": 2, "labels": [{"name": "Word", "value": "be"}]}]}], '
    '"links": [{"fromID": 2, "toID": 1}]}'
)
SPHERE = (
    b"NIST_1A\n   1024\nsample_rate -i 16000\nsample_count -i 4\nchannel_count -i 1\nsample_n_bytes -i 2\n"
    b"sample_coding -s3 pcm\nend_head\n"
).ljust(1024) + b"\0" * 8
GRAMMAR = "#JSGF V1.0;\ngrammar x;\npublic <s> = <verb> [ at ] ( red | /0.5/ blue ) ;\n<verb> = bin | lay {tag};\n"
TIMINGS = "0 23750 sil\n23750 29500 bin\n29500 34000 blue\n"
MAPPING = "AH: [ah, ax]\nB: b\n"
MOUTHS = "[A]\nopening = 0.1\nwidth = 0.5\n"
ANALYSIS = (
    "file,speaker,begin,end,speech_log_likelihood,phone_duration_deviation,max_running_short_interval\n"
    "a,x,0,1,-4.5,,2\n"
)
ELAN_TEXT = "words\tAnna\t00:00:00.500\t0.5\t00:00:00.900\t0.9\t00:00:00.400\t0.4\toh\nphones\t\t500\t900\t400\tOW\n"
HTK = "1000000 5000000 oh\n5000000 9000000 no\n"
_WORD = '{"word": "oh", "start": 0.1, "end": 0.5, "score": 0.9}'
RECOGNISED = (
    f'{{"segments": [{{"start": 0, "end": 1, "text": "oh no", "words": [{_WORD}, {{"word": "no"}}]}}]}}',
    f'{{"segments": [], "word_segments": [{_WORD}]}}',
    '{"words": [{"case": "success", "word": "oh", "start": 0.1, "end": 0.5, '
    '"phones": [{"phone": "ow", "duration": 1}]}]}',
    '{"fragments": [{"begin": "0.1", "end": "0.5", "lines": ["oh no"], "children": []}]}',
    '{"transcription": [{"text": " oh", "offsets": {"from": 100, "to": 500}}]}',
    '{"chunks": [{"text": " oh", "timestamp": [0.1, 0.5]}]}',
    f'[{{"result": [{_WORD}], "text": "oh"}}, {{"alternatives": [{{"result": [{_WORD}]}}]}}]',
)
TABLES = (
    "word,start,end\noh,0.1,0.5\n",
    "start\tend\ttext\n100\t500\toh no\n",
    "tier;text;from;duration\nwords;oh;0,1;0,4\n",
)
BINARY_GRID = b"ooBinaryFile\x08TextGrid" + struct.pack(
    ">ddBiB12sh5sddiddh2s", 0, 2, 1, 1, 12, b"IntervalTier", 5, b"words", 0, 2, 1, 0.1, 0.5, 2, b"oh"
)
_GRID = '0 2 <exists> 1 "IntervalTier" "words" 0 2 1 0.1 0.5 "oh"'
CHRONOLOGICAL = '"Praat chronological TextGrid text file"\n0 2\n1\n"IntervalTier" "words" 0 2\n1 0.1 0.5 "oh"\n'
COLLECTION = f'"ooTextFile" "Collection" 2 "TextGrid" "a" {_GRID} "PitchTier" "p" 0 2 1 0.5 120'
PARSE_WORDS = (
    "Place 2 at T-V, $3.50 on 12/3/1999 at 10:30 — it’s [laughs] (re-done)! ANNA: Dr. Smith &c. 50% naïve 1,000,000th",
    "\u202bשלום\u202c مرحبا \u0301\u200b\ufeff 你好 e\u0301 ﬁne İ",
)


@cache
def _landmarks_csv() -> bytes:
    names = ["timestamp", "success", *(f"{axis}_{k}" for axis in "xy" for k in range(68))]
    rows = [[f"{0.04 * n:.2f}", "1", *(str(k % 7 * 10 + n) for k in range(136))] for n in range(2)]
    return "\n".join(",".join(row) for row in [names, *rows]).encode() + b"\n"


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _utterances() -> tuple[bytes, ...]:
    return tuple(seed.replace(b'"words"', b'"anna"') for seed in _exported("textgrid-short")())


def _landmarks_npz() -> tuple[bytes, ...]:
    return (_npz(points=np.zeros((2, 68, 2), np.float32), times=np.array([0.0, 0.04])),)


@cache
def _lip_model() -> tuple[bytes, ...]:
    return ((SHIPPED / "visalign" / "models" / "grid.npz").read_bytes(),)


def _g2p_model() -> tuple[bytes, ...]:
    meta = {"format": "visalign joint n-gram 1", "order": 1, "provenance": {}}
    arrays = {
        "meta": np.array(json.dumps(meta)),
        "letters": np.array(["", "", "a"]),
        "phones": np.array(["", "", "AA"]),
        "contexts1": np.zeros(3, np.uint32),
        "graphones1": np.arange(3, dtype=np.uint16),
        "log_probabilities1": np.full(3, -1.0, np.float16),
        "log_backoffs1": np.zeros(3, np.float16),
    }
    return (_npz(**arrays),)


def _g2p(path: Path) -> object:
    return JointNgram.load(path).spell("aa")


@cache
def _mfa_archives() -> tuple[bytes, ...]:
    return (write_zip(_folder() / "seed.zip", mfa_files()).read_bytes(),)


def _kaldi_trees() -> tuple[bytes, ...]:
    return tree_file(3), tree_file(2, width=3)


def _kaldi_matrix() -> tuple[bytes, ...]:
    return (b"\0BFM \x04\x01\0\0\0\x04\x02\0\0\0" + np.ones(2, np.float32).tobytes(),)


def _phone_groups(path: Path) -> object:
    return read_phone_list(read_phones(path))


def _report() -> tuple[bytes, ...]:
    # Loads pandas; made by the tests' own sample.
    from sample_report import make_report

    from visalign.files.text_files import format_json

    return (format_json(make_report().to_dict()).encode(),)


def _correction() -> tuple[bytes, ...]:
    known = Correction("a.mp4", "0" * 64, "pieces", (Piece(0.0, 0.1), Piece(1.0, 0.2)), evidence={"x": 1}).to_dict()
    return (json.dumps(known).encode(),)


def _bandit() -> tuple[bytes, ...]:
    return (Bandit(["a", "b"]).save(_folder() / "bandit.json", ["x"]).read_bytes(),)


def _design() -> tuple[bytes, ...]:
    shown = Stimulus(**dict.fromkeys(Stimulus.__slots__, "a"))  # type: ignore[arg-type]
    design = RatingDesign("x", "t", "acr", ("sync",), (shown,), (("a",),), (("a",),))
    return (json.dumps(design.to_dict()).encode(),)


XML_WORDS = (b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<![CDATA[", b"TIME_VALUE", b"TIER_ID", b"ANNOTATION_REF")
JSON_WORDS = (b"null", b"NaN", b"Infinity", b"-1e999", b"[" * 5000, b"'", b'""', b"true", b"{}", b"[]", b'"\\ud800"')
NUMBERS = (b"nan", b"inf", b"-inf", b"1e999", b"-0", b"1e-400", b"9" * 400, b"0x10", "١٢".encode(), b"1_0")
TOML_WORDS = (b"[" * 3000, b"[[a]]", b"1979-05-27", b"inf", b'"""', b"a.b.c = 1", b"{", b"true")

_TARGETS = (
    Target("textgrid", by_file("a.TextGrid", read_annotation), _exported("textgrid", "textgrid-short"),
           (b"item [1]:", b"size = 99999999", b"xmin", b"TextTier", b'""', *NUMBERS)),
    Target("textgrid-cues", by_file("a.TextGrid", read_cues), _utterances, NUMBERS),
    Target("textgrid-corpus", by_file("a.TextGrid", read_tiers), _exported("textgrid"), NUMBERS),
    Target("eaf", by_file("a.eaf", read_annotation), lambda: (EAF.encode(), *_exported("eaf")()), XML_WORDS),
    Target("eaf-cues", by_file("a.eaf", read_spoken), _texts(EAF.replace("words", "anna")), XML_WORDS),
    Target("ctm", by_file("a.ctm", read_annotation), _texts(CTM), NUMBERS),
    Target("csv-alignment", by_file("a.csv", read_annotation), _texts(MFA_CSV, OWN_CSV), (b'"', b"\r", *NUMBERS)),
    Target("json-alignment", by_file("a.json", read_annotation),
           lambda: (MFA_JSON.encode(), *_exported("json")()), JSON_WORDS + NUMBERS),
    Target("json-recognisers", by_file("a.json", read_annotation), _texts(*RECOGNISED), JSON_WORDS + NUMBERS),
    Target("labels", by_file("a.lab", read_annotation), _texts(HTK, "0.1\t0.5\toh\n"), (b"///", b"\\\t1\t2", *NUMBERS)),
    Target("elan-text", by_file("a.tsv", read_annotation), _texts(ELAN_TEXT), (b"\t", b"00:00:00.500", *NUMBERS)),
    Target("xwaves", by_file("b.lab", read_annotation), _texts("separator ;\n#\n0.5 125 pau\n0.9 125 oh\n"), NUMBERS),
    Target("master-labels", by_file("a.mlf", read_annotation), _texts(f'#!MLF!#\n"*/a.lab"\n{HTK}.\n'), NUMBERS),
    Target("table-alignment", by_file("a.tsv", read_annotation), _texts(*TABLES), (b'"', b"\t", b";", *NUMBERS)),
    Target("textgrid-binary", by_file("b.TextGrid", read_annotation), lambda: (BINARY_GRID,), (b"\xff\xff", b"\x7f")),
    Target("textgrid-praat", by_file("c.TextGrid", read_annotation), _texts(CHRONOLOGICAL, COLLECTION), NUMBERS),
    Target("json-export", by_file("a.json", read_utterance), lambda: (*_exported("json")(), *_report()), JSON_WORDS),
    Target("export-source", by_file("a.TextGrid", read_utterance), _exported("textgrid-short"), NUMBERS),
    Target("correction", by_file("a.json", Correction.read), _correction, JSON_WORDS + NUMBERS),
    Target("srt", by_file("a.srt", read_cues), _texts(SRT), (b"-->", b"<v A>", b"{\\an8}", b"99:99:99,999", *NUMBERS)),
    Target("vtt", by_file("a.vtt", read_spoken), _texts(VTT), (b"-->", b"<v A>", b"STYLE", "١٢:٠٠".encode())),
    Target("ass", by_file("a.ass", read_spoken), _texts(ASS), (b"{\\p1}", b"\\N", b"Format:", b"Dialogue:", *NUMBERS)),
    Target("ttml", by_file("a.ttml", read_spoken), _texts(TTML),
           (*XML_WORDS, b"begin", b"99:99:99:99", b"1e9t", *NUMBERS)),
    Target("any-captions", by_file("a.txt", read_spoken), _texts(SRT, VTT, ASS, TTML),
           (b"-->", b"\xff\xfe", b"\xe9", b"\r")),
    Target("transcript", by_file("a.txt", read_transcript), _texts(*PARSE_WORDS), (b"\xff\xfe", b"\xef\xbb\xbf")),
    Target("transcript-words", by_text(parse_transcript), _texts(*PARSE_WORDS),
           (b"((((", b"[[[", b"1/2", b"$", b"10^9", "²".encode(), "Ⅷ".encode(), "١".encode(), b"\xe2\x80\xae")),
    Target("lexicon", by_file("a.dict", read_lexicon), _texts(LEXICON), NUMBERS),
    Target("lexicon-json", by_file("a.json", read_lexicon), _texts('{"oh": "OW", "no": ["N OW", "N AW"]}'), JSON_WORDS),
    Target("lexicon-table", by_file("a.csv", read_lexicon), _texts("word,phones\noh,OW\n"), (b'"', b";", b"\t")),
    Target("lexicon-text", by_text(parse_lexicon), _texts(LEXICON), (b"(2)", b";;;", b"#")),
    Target("phones", by_file("a.phones", _phone_groups), _texts("b ɪ n | t_h A: # x\n", "HH AH0 L OW1\n"),
           ("ⁿd".encode(), b"sil", b"_", b"#")),
    Target("map", by_file("a.toml", VisemeMap.load),
           lambda: ((SHIPPED / "viseme_maps" / "jeffers_1971.toml").read_bytes(),), TOML_WORDS),
    Target("map-lint", by_file("jeffers_1971.toml", lint_viseme_map),
           lambda: ((SHIPPED / "viseme_maps" / "jeffers_1971.toml").read_bytes(),), TOML_WORDS),
    Target("manifest-csv", by_file("a.csv", read_manifest), _texts(MANIFEST), (b'"', b"\0", b"\r", b"../..")),
    Target("manifest-jsonl", by_file("a.jsonl", read_manifest), _texts(MANIFEST_JSON), JSON_WORDS),
    Target("transcripts-table", by_file("transcripts.csv", _table_of_folder),
           _texts("file,transcript,speaker\na.mp4,bin blue,anna\n"), (b'"', b"\0")),
    Target("config", by_file("a.toml", Config.load), _texts(CONFIG), TOML_WORDS),
    Target("recipe", by_file("a.toml", read_recipe), _texts(RECIPE), TOML_WORDS),
    Target("mouths", by_file("a.toml", read_mouths), _texts(MOUTHS), TOML_WORDS),
    Target("hand-edits", by_file("a.csv", read_edits), _texts(EDITS), (b'"', b"\0", *NUMBERS)),
    Target("landmarks-csv", by_file("a.csv", read_landmark_rows), lambda: (_landmarks_csv(),), (b'"', *NUMBERS)),
    Target("landmarks-npz", by_file("a.npz", read_landmark_rows), _landmarks_npz),
    Target("lip-model", by_file("a.npz", LipModel.load), _lip_model),
    Target("g2p-model", by_file("a.npz", _g2p), _g2p_model),
    Target("mfa-archive", by_file("a.zip", read_mfa_model), _mfa_archives),
    Target("kaldi-tree", lambda data: read_tree(data, "tree"), _kaldi_trees, (b"SE ", b"TE ", b"CE ")),
    Target("kaldi-matrix", lambda data: read_matrix(data, "lda.mat"), _kaldi_matrix, (b"FM ", b"DM ", b"CM ")),
    Target("kaldi-model", lambda data: read_model(data, "final.mdl"), lambda: (model_file(2, 3),), (b"<Tuples> ",)),
    Target("mfa-analysis", by_file("a.csv", read_analysis), _texts(ANALYSIS), NUMBERS),
    Target("grid-align", by_file("a.align", read_clip_transcript), _texts(TIMINGS), NUMBERS),
    Target("label-lines", by_file("a.lab", lambda path: read_label_lines(path, 1e-7)), _texts(TIMINGS), NUMBERS),
    Target("mlf", by_file("a.mlf", read_mlf), _texts(MLF), NUMBERS),
    Target("emu", by_file("a_annot.json", read_emu), _texts(EMU), JSON_WORDS),
    Target("sphere", by_file("a.sph", read_sphere), lambda: (SPHERE,), NUMBERS),
    Target("grammar", by_text(parse_jsgf), _texts(GRAMMAR), (b"<s>", b"(" * 30, b"[", b"*", b"+", b"/", b"{")),
    Target("mapping", by_file("a.yaml", read_mapping), _texts(MAPPING)),
    Target("report", by_file("a.json", read_report), _report, JSON_WORDS + NUMBERS),
    Target("design", by_file("a.json", read_design), _design, JSON_WORDS),
    Target("glb", by_file("a.glb", read_glb), _golden("gltf.glb")),
    Target("timecode", by_text(lambda text: parse_timecode(text, Fraction(30000, 1001))),
           _texts("01:02:03;04", "00:00:00:00"), (b";", "١".encode(), b"-")),
    Target("bandit", by_file("a.json", Bandit.load), _bandit, JSON_WORDS + NUMBERS),
    Target("chain", by_text(parse_chain), _texts("highpass:100,subtract:over=4:floor=0.05,eq:speech"), NUMBERS),
    Target("metric", by_text(parse_metric), _texts("separation=2,windows"), NUMBERS),
    Target("groups", by_text(parse_groups), _texts("evidence,scoring")),
)  # fmt: skip

TARGETS: Mapping[str, Target] = {target.name: target for target in _TARGETS}
