"""Every command that reads a file against files made to hurt it: an exit code of its own, one line, nothing else."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_report import make_report

import visalign
from visalign import cli
from visalign.face.generated_clip import GeneratedClip
from visalign.files.text_files import format_json, write_textgrid
from visalign.timeline import Tier

sys.path.append(str(Path(__file__).parents[1] / "fuzz"))

from mutations import NUMBERS, mutant

CODES = (0, 1, 2, 3)
DEEP = 100_000


def hurt(text: str) -> Iterator[bytes]:
    """A file of each kind of harm, made of a good one."""
    data = text.encode()
    yield b""
    yield b"\0" * 1000
    yield b"\xff\xfe\x00\x01"
    yield b"[" * DEEP
    yield b'{"a":' * DEEP
    yield b"a." * DEEP + b"a = 1"
    yield b"[a" + b".a" * DEEP + b"]"
    yield b"a = 0x" + b"f" * 5000
    yield b'"' * DEEP
    yield b" " * DEEP
    yield b"\n" * DEEP
    yield b"a" * DEEP
    yield b"\x1b]0;title\x07\x9b2J" + data
    yield data.replace(b"a", "\u202e".encode()).replace(b"e", b"\x1b[2J")
    rng = np.random.default_rng(len(data))
    for _ in range(6):
        yield mutant(data, rng, NUMBERS)
    for number in (b"9" * 400, b"1e999", b"nan", b"-1", b"0", b"1e308"):
        yield b"".join(number if part.isdigit() else part for part in _pieces(data))


def _pieces(data: bytes) -> list[bytes]:
    pieces = [b""]
    for n in range(len(data)):
        byte = data[n : n + 1]
        if byte.isdigit() == pieces[-1].isdigit():
            pieces[-1] += byte
        else:
            pieces.append(byte)
    return pieces


CONFIG = "[lips]\ndetect_every = 5\n[verdict]\nmax_lead_seconds = 0.1\n[sync]\nmax_lag_seconds = 0.6\n"
MAP = (Path(visalign.__file__).parents[1] / "viseme_maps" / "jeffers_1971.toml").read_text(encoding="utf-8")
RECIPE = 'id = "x"\nviseme_map = "jeffers_1971"\nchannels = ["jawOpen"]\n[visemes]\nA = { "mouth*" = 0.5 }\n'
LEXICON = "hello  HH AH0 L OW1\nhello(2) 0.5 HH EH L OW\n"
PHONES = "b ɪ n | b l uː  # two words\n"
GRAMMAR = "#JSGF V1.0;\ngrammar x;\npublic <s> = bin | /0.5/ blue;\n"
MAPPING = "AH: [ah, ax]\nB: b\n"
MANIFEST = "clip,id,text\nclip.mp4,one,bin blue\nnone.mp4,two,x\n"
SUMMARY = (
    "id,clip,state,verdict,lead_seconds,confidence,n_words,n_words_in_sync,report,failure,message,speaker,condition\n"
    "one,clip.mp4,done,in-sync,0.004,0.97,3,3,reports/one.json,,,,\n"
)
RECORDINGS = '{"id": "a", "sources": [{"type": "file", "channels": [0], "source": "clip.mp4"}], "duration": 1.0}\n'
SUPERVISIONS = (
    '{"id": "a", "recording_id": "a", "start": 0.5, "duration": 0.2, "text": "bin", '
    '"alignment": {"word": [["bin", 0.1, 0.2, 0.9]]}}\n'
)
CORRECTION = format_json(
    {"format": 1, "visalign_version": "0", "clip": "clip.mp4", "sha256": "0" * 64, "mode": "copy", "track": None,
     "pieces": [{"start": 0.0, "delay_seconds": 0.1, "stretch": 1.0}], "evidence": {}}
)  # fmt: skip
SPACE = '["evidence.temperature_factor"]\nlow = 0.5\nhigh = 2.0\n'


def report() -> str:
    return format_json(make_report().to_dict())


def grid(folder: Path) -> Path:
    tiers = [Tier("words", (0.0, 0.5), ("bee",)), Tier("phones", (0.0, 0.2, 0.5), ("B", "IY"))]
    return write_textgrid(folder / "good.TextGrid", tiers)


Command = tuple[str, Callable[[], str], tuple[str, ...]]
COMMANDS: dict[str, Command] = {
    "check --config": ("a.toml", lambda: CONFIG, ("check", "clip.mp4", "--text", "x", "--config", "{file}")),
    "check --map": ("a.toml", lambda: MAP, ("check", "clip.mp4", "--text", "x", "--map", "{file}")),
    "maps check": ("a.toml", lambda: MAP, ("maps", "check", "{file}")),
    "maps show": ("a.toml", lambda: MAP, ("maps", "show", "{file}")),
    "maps compare": ("a.toml", lambda: MAP, ("maps", "compare", "{file}", "jeffers_1971")),
    "export --map": (
        "a.toml", lambda: MAP, ("export", "good.TextGrid", "--to", "csv", "-o", "o.csv", "--map", "{file}")
    ),
    "export --recipe": (
        "a.toml", lambda: RECIPE, ("export", "good.TextGrid", "--to", "unreal-csv", "-o", "o.csv", "--recipe", "{file}")
    ),
    "export --edits": (
        "a.csv", lambda: "start_seconds,end_seconds,shape\n0.1,0.2,A\n",
        ("export", "good.TextGrid", "--to", "rhubarb-json", "-o", "o.json", "--edits", "{file}"),
    ),
    "export of a report": ("a.json", report, ("export", "{file}", "--to", "textgrid", "-o", "o.TextGrid")),
    "export to an editor": ("b.json", report, ("export", "{file}", "--to", "edl", "--fps", "25", "-o", "o.edl")),
    "export to curves": ("c.json", report, ("export", "{file}", "--to", "livelink-csv", "-o", "o.csv")),
    "explain": ("a.json", report, ("explain", "{file}")),
    "plot": ("a.json", report, ("plot", "tracks", "{file}", "-o", "o.svg")),
    "compare": ("a.json", report, ("compare", "{file}", "good.json")),
    "page": ("summary.csv", lambda: SUMMARY, ("page", "{folder}")),
    "page of hostile reports": ("reports/one.json", report, ("page", "{folder}")),
    "align --lexicon": (
        "a.dict", lambda: LEXICON, ("align", "short.wav", "--alignment", "good.TextGrid", "--lexicon", "{file}")
    ),
    "align --phones": ("a.phones", lambda: PHONES, ("align", "short.wav", "--phones", "{file}")),
    "evaluate-alignment --mapping": (
        "a.yaml",
        lambda: MAPPING,
        ("evaluate-alignment", "good.TextGrid", "--reference", "good.TextGrid", "--mapping", "{file}"),
    ),
    "lipread --grammar": ("a.jsgf", lambda: GRAMMAR, ("lipread", "none.mp4", "--grammar", "{file}")),
    "batch --dry-run": ("a.csv", lambda: MANIFEST, ("batch", "{file}", "--out", "o", "--dry-run")),
    "batch of lines": (
        "a.jsonl", lambda: '{"clip": "clip.mp4", "text": "x", "speaker": null}\n',
        ("batch", "{file}", "--out", "o", "--dry-run"),
    ),
    "corpus of Lhotse's recordings": (
        "recordings.jsonl", lambda: RECORDINGS, ("corpus", "{folder}", "--as", "lhotse", "--no-check")
    ),
    "corpus of Lhotse's supervisions": (
        "supervisions.jsonl", lambda: SUPERVISIONS, ("corpus", "{folder}", "--as", "lhotse", "--no-check")
    ),
    "corpus of Kaldi": ("wav.scp", lambda: "a clip.mp4\n", ("corpus", "{folder}", "--as", "kaldi", "--no-check")),
    "corpus with a table": (
        "transcripts.csv", lambda: "file,transcript,speaker\nclip.mp4,bin,anna\n",
        ("corpus", "{folder}", "--as", "folder", "--no-check"),
    ),
    "fix --apply": ("a.json", lambda: CORRECTION, ("fix", "clip.mp4", "--apply", "{file}", "-o", "o.mp4")),
    "ratings analyse": ("design.json", lambda: "{}", ("ratings", "analyse", "{file}", "good.json")),
    "enhance --chain": ("a.txt", lambda: "highpass:100", ("enhance", "short.wav", "o.wav", "--chain", "{text}")),
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, generated_clip: GeneratedClip) -> Path:
    folder = tmp_path_factory.mktemp("hostile commands")
    shutil.copy(generated_clip.path, folder / "clip.mp4")
    grid(folder)
    (folder / "good.json").write_text(report(), encoding="utf-8")
    from visalign.media.clips import write_wav
    from visalign.signals import Audio

    write_wav(folder / "short.wav", Audio(np.sin(np.arange(16000, dtype=np.float32) / 9) / 9, 16000))
    (folder / "recordings.jsonl").write_text(RECORDINGS, encoding="utf-8")
    (folder / "summary.csv").write_text(SUMMARY, encoding="utf-8")
    (folder / "reports").mkdir()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_holds_against(
    name: str, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, good, words = COMMANDS[name]
    monkeypatch.setitem(vars(visalign), "check", _checked)
    for number, data in enumerate([good().encode(), *hurt(good())]):
        folder = tmp_path / str(number)
        shutil.copytree(place, folder, copy_function=shutil.copy)
        monkeypatch.chdir(folder)
        (folder / file).write_bytes(data)
        text = data.decode("utf-8", "replace").replace("\0", "")[:100_000]
        with pytest.raises(SystemExit) as ended:
            cli.main([word.format(file=file, folder=".", text=text) for word in words])
        out, err = capsys.readouterr()
        assert number or "Usage:" not in err, err  # the command itself is right
        asked = (name, data[:300], ended.value.code, err[-2000:])
        assert (ended.value.code or 0) in CODES, asked
        assert "fault of visalign" not in err, asked
        assert "Traceback" not in err, asked
        assert not set(out + err) & set("\x1b\x9b\x07\u202e\0"), asked
        assert len(err) < 20_000, asked
        if ended.value.code == 3:
            assert sum(line.startswith("visalign: ") for line in err.splitlines()) == 1 or "batch" in name, asked
        shutil.rmtree(folder)


def _checked(_video: Path, _transcript: object = None, **options: Any) -> Any:
    """What a check reads beside the clip, and a report that is known."""
    from visalign.visemes.viseme_map import VisemeMap

    settings = options.get("config")
    if settings is not None:
        VisemeMap.load(settings.sync.viseme_map)
    return make_report()


def test_harm_is_done_to_a_good_file() -> None:
    assert len({*hurt(CONFIG)}) > 20
    assert json.loads(CORRECTION)["pieces"]
