"""Small trees in the published layouts of corpora, with sound and pictures that are real files of these kinds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

from visalign.media.clips import write_clip
from visalign.signals import Audio

RATE_HZ = 16000
SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What a clip of a tree must be read as."""

    name: str
    transcript: str | None
    speaker: str
    split: str = ""
    words: str | None = None  # labels, joined by spaces; None without
    phones: str | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree: how to make it, and what is in it."""

    layout: str
    make: Callable[[Path, Path], None]  # the root, and a clip of a second to copy
    clips: tuple[Expected, ...]


def make_clip(path: Path) -> Path:
    """A clip of one second: a grey picture that brightens, and a tone."""
    frames = (np.full((48, 64, 3), 60 + 5 * k, np.uint8) for k in range(25))
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(RATE_HZ) / RATE_HZ)
    return write_clip(path, frames, Fraction(25), Audio(tone.astype(np.float32), RATE_HZ))


def make_sphere(path: Path, seconds: float = SECONDS) -> Path:
    """A SPHERE file with a tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = 0.2 * np.sin(2 * np.pi * 220 * np.arange(round(RATE_HZ * seconds)) / RATE_HZ)
    soundfile.write(path, tone, RATE_HZ, format="NIST", subtype="PCM_16")
    return path


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def copy(clip: Path, root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, root / name)


def align_text(words: str) -> str:
    """GRID's form: silence, the words in tenths of a second, silence."""
    rows = [(2000 * k + 2500, 2000 * k + 4500, word) for k, word in enumerate(words.split())]
    rows = [(0, 2500, "sil"), *rows, (rows[-1][1], 25000, "sil")]
    return "".join(f"{start} {end} {label}\n" for start, end, label in rows)


def grid(root: Path, clip: Path) -> None:
    copy(clip, root, "s1/bbaf2n.mp4", "s1/lwwz9s.mp4", "s5/video/mpg_6000/pgid4n.mp4", "speakers/s30_srah7a.mp4")
    put(root, "s1/align/bbaf2n.align", align_text("bin blue at f two now"))
    put(root, "s1/align/lwwz9s.align", align_text("lay white with z nine soon"))
    # the published archive has the alignments of s5 in the folder s6
    put(root, "alignments/s6/pgid4n.align", align_text("place green in d four now"))
    put(root, "alignments/s5/srwo9a.align", align_text("set red with o nine again"))
    put(root, "speakers/s30_srah7a.align", align_text("set red at h seven again"))
    make_sphere(root / "audio_25k/s1/bbaf2n.wav")
    put(root, "__MACOSX/s1/._bbaf2n.mp4", "")


def timit(root: Path, clip: Path) -> None:
    for name in ("TRAIN/DR1/FCJF0/SA1", "TEST/DR2/MDAB0/SX139"):
        make_sphere(root / f"{name}.WAV")
        put(root, f"{name}.PHN", "0 3200 h#\n3200 4800 sh\n4800 8000 iy\n8000 16000 h#\n")
        put(root, f"{name}.WRD", "3200 8000 she\n")
        put(root, f"{name}.TXT", "0 16000 She.\n")
    # a RIFF copy beside the SPHERE file
    soundfile.write(root / "TRAIN/DR1/FCJF0/SA1.WAV.wav", np.zeros(RATE_HZ), RATE_HZ)


def tcd_timit(root: Path, clip: Path) -> None:
    copy(clip, root, "volunteers/01M/Clips/straightcam/sa1.mp4", "volunteers/01M/Clips/30degcam/sa1.mp4")
    copy(clip, root, "lipspeakers/Lipspkr1/Clips/straightcam/sx20.mp4")
    make_sphere(root / "volunteers/01M/Clips/straightcam/sa1.wav")
    labels = "0 3000000 sil\n3000000 4000000 sh\n4000000 6000000 iy\n6000000 10000000 sil\n.\n"
    entry = "Q:/Videos/TCD-TIMIT/volunteers/01M/Clips/straightcam/sa1.rec"
    put(root, "volunteer_labelfiles.mlf", f'#!MLF!#\n"{entry}"\n{labels}')
    put(root, "lipspeaker_labelfiles.mlf", f'#!MLF!#\n"C:\\x\\Lipspkr1\\Clips\\straightcam\\sx20.rec"\n{labels}')
    put(root, "PROMPTS.TXT", "; comment\nShe had your dark suit. (sa1)\n")
    put(root, "volunteers_train.scp", "volunteers/01M/Clips/straightcam/sa1.mp4\n")


def lrs(root: Path, clip: Path) -> None:
    copy(clip, root, "main/5535415/00001.mp4", "main/5535415/00002.mp4", "pretrain/6330311/00009.mp4")
    put(root, "main/5535415/00001.txt", "Text:  WHEN YOU'RE COOKING\nConf:  4\n")
    put(root, "main/5535415/00002.txt", "Text:  CHIPS\nConf:  2\n")
    table = "WORD START END ASDSCORE\nAND 0.10 0.30 5.5\nTHEN 0.30 0.60 4.1\n"
    put(root, "pretrain/6330311/00009.txt", f"Text:  AND THEN\nConf:  3\n\n{table}")
    put(root, "train.txt", "5535415/00001\n")
    put(root, "test.txt", "5535415/00002 NF\n")


def voxceleb(root: Path, clip: Path) -> None:
    copy(clip, root, "dev/mp4/id00012/21Uxsk56VDQ/00001.mp4", "test/mp4/id00017/01dfn2spqyE/00001.mp4")
    make_sphere(root / "dev/aac/id00012/21Uxsk56VDQ/00001.wav")
    put(
        root,
        "vox2_meta.csv",
        "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set\nid00012 ,n000012 ,m ,dev\nid00017 ,n17 ,f ,test\n",
    )


def folder(root: Path, clip: Path) -> None:
    copy(clip, root, "train/anna/one.mp4", "test/ben/two.mp4")
    put(root, "train/anna/one.txt", "hello there")
    put(root, "transcripts.csv", "file,transcript,speaker\ntest/ben/two.mp4,good day,Benjamin\n")
    put(root, "test/ben/two.TextGrid", TEXTGRID)


TEXTGRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 1
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.5
            text = "good"
        intervals [2]:
            xmin = 0.5
            xmax = 1
            text = "day"
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 1
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 1
            text = "G"
"""


def lhotse(root: Path, clip: Path) -> None:
    copy(clip, root, "clips/a.mp4")
    put(
        root,
        "x_recordings.jsonl",
        '{"id": "a", "sources": [{"type": "file", "channels": [0], "source": "clips/a.mp4"}]}\n',
    )
    spoken = '"recording_id": "a", "speaker": "anna", "custom": {"split": "dev"}'
    put(
        root,
        "x_supervisions.jsonl",
        f'{{"id": "a2", "start": 0.5, "duration": 0.5, "text": "day", {spoken}}}\n'
        f'{{"id": "a1", "start": 0.0, "duration": 0.5, "text": "good", {spoken}, '
        '"alignment": {"word": [["good", 0.1, 0.2, null]]}}\n',
    )


def kaldi(root: Path, clip: Path) -> None:
    copy(clip, root, "clips/a.mp4", "clips/b.mp4")
    put(root, "wav.scp", "anna-1 clips/a.mp4\nben-1 ffmpeg -i clips/b.mp4 -f wav - |\n")
    put(root, "text", "anna-1 good day\nben-1 hello\n")
    put(root, "utt2spk", "anna-1 anna\nben-1 ben\n")


TREES = (
    Tree(
        "grid",
        grid,
        (
            Expected("s1/bbaf2n.mp4", "bin blue at f two now", "s1", words="bin blue at f two now"),
            Expected("s1/lwwz9s.mp4", "lay white with z nine soon", "s1", words="lay white with z nine soon"),
            Expected(
                "s5/video/mpg_6000/pgid4n.mp4", "place green in d four now", "s5", words="place green in d four now"
            ),
            Expected("speakers/s30_srah7a.mp4", "set red at h seven again", "s30", words="set red at h seven again"),
        ),
    ),
    Tree(
        "timit",
        timit,
        (
            Expected("TEST/DR2/MDAB0/SX139.WAV", "She.", "mdab0", "test", "she", "h# sh iy h#"),
            Expected("TRAIN/DR1/FCJF0/SA1.WAV.wav", "She.", "fcjf0", "train", "she", "h# sh iy h#"),
        ),
    ),
    Tree(
        "tcd-timit",
        tcd_timit,
        (
            Expected("lipspeakers/Lipspkr1/Clips/straightcam/sx20.mp4", None, "Lipspkr1", phones="sil sh iy sil"),
            Expected("volunteers/01M/Clips/30degcam/sa1.mp4", "She had your dark suit.", "01M", phones="sil sh iy sil"),
            Expected(
                "volunteers/01M/Clips/straightcam/sa1.mp4",
                "She had your dark suit.",
                "01M",
                "train",
                phones="sil sh iy sil",
            ),
        ),
    ),
    Tree(
        "lrs",
        lrs,
        (
            Expected("main/5535415/00001.mp4", "WHEN YOU'RE COOKING", "5535415", "train"),
            Expected("main/5535415/00002.mp4", "CHIPS", "5535415", "test"),
            Expected("pretrain/6330311/00009.mp4", "AND THEN", "6330311", "pretrain", "AND THEN"),
        ),
    ),
    Tree(
        "voxceleb",
        voxceleb,
        (
            Expected("dev/mp4/id00012/21Uxsk56VDQ/00001.mp4", None, "id00012", "dev"),
            Expected("test/mp4/id00017/01dfn2spqyE/00001.mp4", None, "id00017", "test"),
        ),
    ),
    Tree(
        "folder",
        folder,
        (
            Expected("test/ben/two.mp4", "good day", "Benjamin", "test", "good day", "G"),
            Expected("train/anna/one.mp4", "hello there", "anna", "train"),
        ),
    ),
    Tree("lhotse", lhotse, (Expected("a", "good day", "anna", "dev", "good"),)),
    Tree("kaldi", kaldi, (Expected("anna-1", "good day", "anna"), Expected("ben-1", "hello", "ben"))),
)
