"""What an input file may not do: lead to other files or the network, write elsewhere, run code, fill the memory.

The threat model with the test of each defence is docs/security.md.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import pickle
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fault_runs import Warm

import visalign
from visalign import Tier
from visalign.batch.job import report_name
from visalign.batch.ledger import LEDGER_NAME, Ledger
from visalign.batch.merging import merge_batches
from visalign.config import Config
from visalign.corpora.clip_list import read_manifest
from visalign.corpora.folder_alignment import Recording, align_recordings
from visalign.correct.correction import Correction
from visalign.errors import (
    ConfigError,
    InputError,
    MediaError,
    OutputError,
    ParseError,
    VisalignError,
)
from visalign.evaluation.run_comparison import read_report
from visalign.exports.exporter import EXPORTERS, ExportOptions, load_exporter
from visalign.exports.glb import read_glb
from visalign.exports.reading import read_utterance
from visalign.files.data_files import parse_json, parse_toml, parse_xml, parse_yaml, read_json
from visalign.files.limits import LIMITS, allowed, changed_limits, raise_limits
from visalign.files.outputs import inside
from visalign.files.text_files import format_table, write_text, write_textgrid
from visalign.forced_alignment.mfa_archive import read_mfa_model
from visalign.language.annotations import read_annotation
from visalign.language.g2p.joint_ngram import JointNgram
from visalign.language.lexicon import read_lexicon
from visalign.language.transcript import parse_transcript, read_transcript
from visalign.lips.landmark_files import read_landmark_rows
from visalign.live_view.source import open_source
from visalign.media import clips as media
from visalign.media.clips import probe, read_audio, read_frames, write_wav
from visalign.media.images import read_image
from visalign.signals import Audio
from visalign.sync.lip_model import LipModel
from visalign.visemes.viseme_map import VisemeMap

PACKAGE = Path(visalign.__file__).parent
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


# --- files that lead elsewhere ---------------------------------------------------------------------------------


class Listener:
    """A server that nobody may call."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]

    def was_called(self) -> bool:
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    yield server
    server.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A sound that no other file may lead to."""
    folder = tmp_path / "private"
    folder.mkdir()
    return write_wav(folder / "secret.wav", Audio(np.sin(np.arange(16000, dtype=np.float32)), 16000))


PLAYLISTS: dict[str, str] = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n",
    "HLS with a key": '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:2,\n'
    "{target}\n#EXT-X-ENDLIST\n",
    "HLS with byte ranges": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MAP:URI={target}\n#EXTINF:2,\n"
    "#EXT-X-BYTERANGE:100@0\n{target}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "ffconcat with options": "ffconcat version 1.0\nfile '{target}'\n"
    "option safe 0\noption protocol_whitelist file,http\n",
    "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT2S"><Period><AdaptationSet '
    'mimeType="audio/mp4"><Representation id="1" bandwidth="9"><BaseURL>{target}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
    "RTSP redirect": "RTSPtext\nrtsp://127.0.0.1:{port}/x\n",
    "ASX": '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
    "PLS": "[playlist]\nFile1={target}\nNumberOfEntries=1\n",
    "M3U": "#EXTM3U\n{target}\n",
    "IMF": '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
    "<Id>urn:uuid:0</Id><Path>{target}</Path></CompositionPlaylist>",
    "ffmetadata": ";FFMETADATA1\ntitle={target}\n",
    "WebVTT": "WEBVTT\n\n00:00.000 --> 00:01.000\n{target}\n",
    "Smooth": '<SmoothStreamingMedia><StreamIndex Url="{target}"/></SmoothStreamingMedia>',
}
READERS: dict[str, Callable[[Path], object]] = {
    "probe": probe,
    "sound": read_audio,
    "pictures": lambda path: next(read_frames(path)),
    "channels": media.read_channels,
    "picture": read_image,
    "live": lambda path: open_source(str(path)),
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_playlist_under_another_name_leads_nowhere(
    tmp_path: Path, secret: Path, listener: Listener, kind: str
) -> None:
    """By each reader, under each ending, to a file and to a server: refused, and nobody was called."""
    targets = (str(secret), f"file:{secret}", f"http://127.0.0.1:{listener.port}/a.ts", f"private/{secret.name}")
    for number, target in enumerate(targets):
        text = PLAYLISTS[kind].format(target=target, port=listener.port)
        for suffix in (".mp4", ".wav", ".png", ".m3u8"):
            path = tmp_path / f"{number}{suffix}"
            path.write_text(text, encoding="utf-8")
            for read in READERS.values():
                with pytest.raises(MediaError):
                    read(path)
    assert not listener.was_called()


@pytest.mark.parametrize(
    "name",
    [
        "concat:{secret}|{secret}",
        "subfile,,start,0,end,999,,:{secret}",
        "http://127.0.0.1:{port}/clip.mp4",
        "tcp://127.0.0.1:{port}",
        "data:audio/wav;base64,UklGRg==",
        "crypto:{secret}",
        "cache:{secret}",
        "async:{secret}",
        "pipe:0",
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/fd/0",
    ],
)
def test_an_address_is_no_file(secret: Path, listener: Listener, name: str) -> None:
    text = name.format(secret=secret, port=listener.port)
    for what, read in READERS.items():
        expected = (MediaError, ConfigError) if what == "live" else MediaError
        with pytest.raises(expected):
            read(text)  # type: ignore[arg-type]
    assert not listener.was_called()


def test_media_are_opened_for_reading_in_one_place() -> None:
    """Any `av.open` elsewhere writes, or is the camera that the user asked for."""
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "av.open",
                "av.container.open",
                "soundfile.read",
            }:
                writes = len(node.args) > 1 and ast.unparse(node.args[1]) == "'w'"
                if not writes and "_CAMERAS" not in ast.unparse(node):
                    found.append(path.relative_to(PACKAGE).as_posix())
    assert found == ["media/access.py"]


def test_no_shell_and_no_code_from_data() -> None:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                assert name not in {"eval", "exec", "compile", "os.system", "os.popen", "__import__"}, path
                assert not any(x.arg == "shell" for x in node.keywords), path


# --- names that lead elsewhere ---------------------------------------------------------------------------------

NAMES = [
    "../../evil",
    "/etc/evil",
    "a/../../../evil",
    "..",
    ".",
    "~/evil",
    "a\\..\\evil",
    "con",
    "a" * 300,
    "é/ü",
    "-rf",
]


@pytest.mark.parametrize("name", NAMES)
def test_reports_stay_in_their_folder(tmp_path: Path, name: str) -> None:
    place = (tmp_path / report_name(name)).resolve()
    assert place.is_relative_to(tmp_path / "reports")


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", ".."])
def test_a_name_from_a_file_does_not_lead_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="leads out of the folder"):
        inside(tmp_path, name)


def test_recordings_with_names_that_lead_out(tmp_path: Path, secret: Path) -> None:
    recordings = [Recording(secret, "../evil", None, "a")]
    with pytest.raises(OutputError, match="leads out"):
        list(align_recordings(recordings, tmp_path / "out", ".json", lambda *_: pytest.fail("it was aligned")))


def test_a_ledger_from_elsewhere_can_not_write_or_read_outside(tmp_path: Path, secret: Path) -> None:
    """`visalign merge` takes over the reports that a ledger names."""
    folder = tmp_path / "part"
    folder.mkdir()
    manifest = tmp_path / "clips.csv"
    manifest.write_text("clip\na.mp4\n", encoding="utf-8")
    with Ledger(folder / LEDGER_NAME) as ledger:
        ledger.enter(enumerate(read_manifest(manifest).clips))
        ledger.claim("a", "key", f"../private/{secret.name}")
        ledger._db.execute("UPDATE clips SET state = 'done', result = '{}'")
        ledger._db.commit()
    with pytest.raises(OutputError, match="leads out"):
        merge_batches([folder], tmp_path / "whole")
    assert secret.stat().st_size > 0


def test_outputs_go_through_links_to_their_own_place_only(tmp_path: Path) -> None:
    """A link in the place of an output is followed on purpose; the draft is made where it leads, under a new name."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "old.csv").write_text("old", encoding="utf-8")
    (tmp_path / "words.csv").symlink_to(elsewhere / "old.csv")
    write_text(tmp_path / "words.csv", "new")
    assert (elsewhere / "old.csv").read_text(encoding="utf-8") == "new"
    assert (tmp_path / "words.csv").is_symlink()


# --- XML, YAML, JSON, TOML -------------------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE a [<!ENTITY l0 "ha">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)
) + "]><ANNOTATION_DOCUMENT>&l9;</ANNOTATION_DOCUMENT>"  # fmt: skip
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "{place}">]><ANNOTATION_DOCUMENT>&x;</ANNOTATION_DOCUMENT>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % x SYSTEM "{place}"> %x;]><ANNOTATION_DOCUMENT/>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("padding", ["", "<!--" + "x" * 10_000 + "-->"])
@pytest.mark.parametrize("text", [LAUGHS, EXTERNAL, PARAMETER, '<!DOCTYPE a SYSTEM "{place}"><ANNOTATION_DOCUMENT/>'])
def test_xml_declares_no_entities(tmp_path: Path, listener: Listener, encoding: str, padding: str, text: str) -> None:
    """In whatever encoding, and however far down, the declaration stands."""
    path = tmp_path / "a.eaf"
    body = padding + text.replace("{place}", f"http://127.0.0.1:{listener.port}/x.dtd")
    path.write_bytes(body.encode(encoding))
    with pytest.raises(ParseError, match=r"document type|well-formed"):
        read_annotation(path)
    assert not listener.was_called()


def test_xml_in_utf16_is_read() -> None:
    assert parse_xml("a", "<a>é</a>".encode("utf-16")).text == "é"


DEEP = 200_000
JSON_READERS: dict[str, Callable[[Path], object]] = {
    ".json": read_annotation,
    ".report.json": read_report,
    ".export.json": read_utterance,
    ".visalign.json": Correction.read,
}


@pytest.mark.parametrize("suffix", JSON_READERS)
@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP, '{"a": 1' + "0" * 100_000 + "}"])
def test_json_that_is_too_deep_or_no_data(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"deep{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError):
        JSON_READERS[suffix](path)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[Infinity]"])
def test_json_that_means_two_things(text: str) -> None:
    with pytest.raises(ParseError, match=r"twice|no number"):
        parse_json("a.json", text)


@pytest.mark.parametrize("text", ['"' * 100_001, '"' + '\\"' * 100_000, "[" + '"\\' * 50_000])
def test_quotes_without_end_cost_no_time(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ParseError):
        parse_json("a.json", text)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("text", ["a = " + "[" * DEEP, "a = " + "{b=" * 50_000, "[" * 5000 + "a" + "]" * 5000])
def test_toml_that_is_too_deep(tmp_path: Path, text: str) -> None:
    path = tmp_path / "deep.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError):
        Config.load(path)
    with pytest.raises(InputError):
        VisemeMap.load(path)
    with pytest.raises(ParseError):
        parse_toml("x", text)


YAML_BOMB = "a0: &a0 {k0: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], k{n}: 1}}\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    "text",
    [YAML_BOMB, "[" * 3000, "a: !!python/object/apply:os.system ['true']", "- " * 3000 + "a", "a: *nobody", "a: b: c"],
)
def test_yaml_makes_plain_and_shallow_data(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ParseError):
        parse_yaml("meta.yaml", text)
    assert time.process_time() - started < 2.0


def test_yaml_of_mfa_is_read() -> None:
    assert parse_yaml("x", "phones: &p [AA, NO]\nsame: *p\n") == {"phones": ["AA", False], "same": ["AA", False]}
    assert parse_yaml("x", "NO: [NO, 'ON']", only_texts=True) == {"NO": ["NO", "ON"]}


# --- archives and pickles --------------------------------------------------------------------------------------


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.place),))


NPZ_READERS: dict[str, Callable[[Path], object]] = {
    "landmarks": read_landmark_rows,
    "lip model": LipModel.load,
    "pronunciations": JointNgram.load,
}


@pytest.mark.parametrize("name", NPZ_READERS)
def test_pickles_are_not_opened(tmp_path: Path, name: str) -> None:
    sprung = tmp_path / "sprung"
    arrays = {key: np.array([Trap(sprung)], dtype=object) for key in ("points", "times", "header", "meta", "letters")}
    path = tmp_path / "trap.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    with pytest.raises(ParseError):
        NPZ_READERS[name](path)
    path.write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ParseError):
        NPZ_READERS[name](path)
    assert not sprung.exists()


@pytest.mark.parametrize("name", NPZ_READERS)
def test_arrays_that_claim_a_shape_take_no_memory(tmp_path: Path, name: str) -> None:
    """A header of 100 bytes that asks for a million gigabytes."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)})
    path = tmp_path / "claim.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for key in ("points", "header", "meta", "letters"):
            archive.writestr(f"{key}.npy", header.getvalue())
    with pytest.raises(ParseError):
        NPZ_READERS[name](path)


@pytest.mark.parametrize("name", [*NPZ_READERS, "MFA"])
def test_archives_that_unpack_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(LIMITS["archive-bytes"].variable, "1M")
    monkeypatch.setenv(LIMITS["model-bytes"].variable, "1M")
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in ("points.npy", "header.npy", "meta.npy", "final.mdl", "tree", "meta.json"):
            archive.writestr(member, bytes(1_000_001))
    assert path.stat().st_size < 100_000
    with pytest.raises(ParseError, match=r"visalign --max (archive|model)-bytes=N"):
        (NPZ_READERS | {"MFA": read_mfa_model})[name](path)


def test_names_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in ("../../final.mdl", "/tree", "a/../../meta.json"):
            archive.writestr(member, "{}")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(VisalignError):
        read_mfa_model(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_tightly_packed_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in ("final.mdl", "tree", "meta.json"):
            archive.writestr(member, bytes(20_000_000))
    with pytest.raises(ParseError, match="archive-ratio"):
        read_mfa_model(path)


def test_a_glb_is_only_itself(tmp_path: Path) -> None:
    text = json.dumps({"buffers": [{"uri": "file:///etc/passwd", "byteLength": 9}]}).encode()
    chunk = len(text).to_bytes(4, "little") + b"JSON" + text
    path = tmp_path / "head.glb"
    path.write_bytes(b"glTF" + (2).to_bytes(4, "little") + (12 + len(chunk)).to_bytes(4, "little") + chunk)
    with pytest.raises(ParseError, match="another file"):
        read_glb(path)


# --- formulas and markup ---------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_of_a_table_is_a_formula(formula: str) -> None:
    assert format_table(("word",), [(formula,)]).splitlines()[1].lstrip('"').startswith("'")


def test_tables_are_written_in_one_place() -> None:
    """Every other writer of cells would have to know about formulas."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".writer", "DictWriter", "to_csv"))
    }
    assert found == {"files/text_files.py"}


@pytest.mark.parametrize("name", [name for name in EXPORTERS if "csv" in name])
def test_exported_tables_hold_no_formulas(tmp_path: Path, name: str) -> None:
    """Words that are formulas, in each format that a spreadsheet opens."""
    grid = tmp_path / "line.TextGrid"
    words = Tier("words", (0.0, 0.5, 1.0), ("=1+1", "@SUM(1)"))
    write_textgrid(grid, [words, Tier("phones", (0.0, 0.5, 1.0), ("AA", "B"))])
    exporter = load_exporter(name)
    text = exporter.render(read_utterance(grid), ExportOptions(rate=Fraction(25))).decode()
    cells = [cell.strip('"') for line in text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]


# --- too much of everything ------------------------------------------------------------------------------------


def huge(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)  # sparse: it takes no room
    return path


def wav_of(path: Path, seconds: float) -> Path:
    return write_wav(path, Audio(np.zeros(round(8000 * seconds), np.float32), 8000))


def gapped(path: Path) -> Path:
    """A second of sound, then another after 50 minutes: 20 kB that become 48 million samples."""
    import av

    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for start in (0, 3000):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 8000, 8000 * start, Fraction(1, 8000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(path: Path) -> Path:
    from visalign.media.images import write_png

    return write_png(path, np.zeros((40, 30, 3), np.uint8))


def manifest_with(path: Path, n: int) -> Path:
    path.write_text(f"clip,text\na.mp4,{'a' * n}\n", encoding="utf-8")
    return path


def lines_of(path: Path, line: str, n: int) -> Path:
    path.write_text(line * n, encoding="utf-8")
    return path


def members(path: Path, n: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(n):
            archive.writestr(str(number), b"")
    return path


TOO_MUCH: dict[str, tuple[str, Callable[[Path], object], type[Exception]]] = {
    "seconds": ("1", lambda folder: read_audio(wav_of(folder / "a.wav", 1.5)), MediaError),
    "seconds (gap)": ("60", lambda folder: read_audio(gapped(folder / "a.mkv")), MediaError),
    "seconds (channels)": ("60", lambda folder: media.read_channels(gapped(folder / "a.mkv")), MediaError),
    "pixels": ("1000", lambda folder: read_image(picture(folder / "a.png")), MediaError),
    "text-bytes": ("5000", lambda folder: read_transcript(huge(folder / "a.txt", 5001)), ParseError),
    "word-characters": ("10", lambda _: parse_transcript("a" * 11), InputError),
    "data-bytes": ("5000", lambda folder: read_json(huge(folder / "a.json", 5001)), ParseError),
    "data-bytes (lexicon)": ("5000", lambda folder: read_lexicon(huge(folder / "a.dict", 5001)), ParseError),
    "data-bytes (annotation)": ("5000", lambda folder: read_annotation(huge(folder / "a.eaf", 5001)), ParseError),
    "tree-bytes": ("2000", lambda _: parse_json("a.json", "[" + "{}," * 30 + "{}]"), ParseError),
    "tree-bytes (XML)": ("2000", lambda _: parse_xml("a.xml", b"<a>" + b"<b/>" * 30 + b"</a>"), ParseError),
    "tree-bytes (TOML)": ("2000", lambda _: parse_toml("a.toml", "a.b.c = 1"), ParseError),
    "tree-bytes (YAML)": ("2000", lambda _: parse_yaml("a.yaml", "[a, b]"), ParseError),
    "tree-bytes (lexicon)": ("2000", lambda folder: read_lexicon(lines_of(folder / "a.dict", "a B\n", 9)), ParseError),
    "tree-bytes (manifest)": ("2000", lambda folder: read_manifest(manifest_with(folder / "a.csv", 9)), ParseError),
    "tree-bytes (archive)": ("2000", lambda folder: read_landmark_rows(members(folder / "a.npz", 9)), ParseError),
    "settings-bytes": ("9", lambda _: parse_toml("a.toml", "a = 123456"), ParseError),
    "settings-bytes (YAML)": ("9", lambda _: parse_yaml("a.yaml", "a: [12345]"), ParseError),
    "nesting": ("3", lambda _: parse_json("a.json", "[[[[1]]]]"), ParseError),
    "nesting (YAML)": ("3", lambda _: parse_yaml("a.yaml", "[[[[1]]]]"), ParseError),
    "nesting (XML)": ("3", lambda _: parse_xml("a.xml", b"<a><a><a><a/></a></a></a>"), ParseError),
    "cell-characters": ("100", lambda folder: read_manifest(manifest_with(folder / "a.csv", 101)), ParseError),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_each_limit_holds_and_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    small, read, error = TOO_MUCH[case]
    limit = LIMITS[case.split()[0]]
    monkeypatch.setenv(limit.variable, small)
    with pytest.raises(error, match=f"--max {limit.name}=N"):
        read(tmp_path)
    monkeypatch.delenv(limit.variable)
    with contextlib.suppress(InputError):  # zeros are within the limit, and no lexicon
        read(tmp_path)
        return
    with pytest.raises(error) as other:
        read(tmp_path)
    assert "--max" not in str(other.value)


def test_every_limit_has_a_test() -> None:
    tested = {case.split()[0] for case in TOO_MUCH} | {"archive-bytes", "archive-ratio", "model-bytes"}
    tested |= {"object-bytes"}  # tests/files/test_object_storage.py
    assert tested == set(LIMITS)


def test_limits_are_set_by_option_and_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISALIGN_MAX_PIXELS", "3k")
    assert allowed("pixels") == 3000
    monkeypatch.setenv("VISALIGN_MAX_SECONDS", "9")
    raise_limits(["seconds=1.5M", "nesting = 7"])
    assert changed_limits() == {
        "VISALIGN_MAX_PIXELS": "3000",
        "VISALIGN_MAX_SECONDS": "1500000",
        "VISALIGN_MAX_NESTING": "7",
    }
    monkeypatch.setenv("VISALIGN_MAX_NESTING", "deep")
    for bad in (lambda: allowed("nesting"), lambda: raise_limits(["seconds"]), lambda: raise_limits(["rows=0"])):
        with pytest.raises(ConfigError):
            bad()


def test_the_option_reaches_a_command(warm: Warm, spoken: tuple[str, ...], tmp_path: Path) -> None:
    ended = warm.run("--max", "seconds=1", "check", *spoken, cwd=tmp_path)
    assert ended.code == 3
    assert "the limit is 1 (if you trust it: visalign --max seconds=N …)" in ended.complaint
    assert warm.run("--max", "second=1", "check", *spoken, cwd=tmp_path).code == 2
