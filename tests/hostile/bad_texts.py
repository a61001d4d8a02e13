"""Transcripts, annotations, maps, lexicons, models and manifests that are broken or odd; each function makes one."""

from __future__ import annotations

import io
import json
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import soundfile
from workshop import RATE_HZ, Options, Workshop

# ---- transcripts ----


def _sound(shop: Workshop) -> Path:
    path = shop.folder / "speech.wav"
    soundfile.write(path, shop.base.sound, RATE_HZ)
    return path


def said(text: str, shop: Workshop) -> Options:
    """The good sound with this text."""
    return {"sound": _sound(shop), "text": text}


def written(data: bytes, shop: Workshop, name: str = "speech.txt") -> Options:
    """The good sound with a file of this content as its transcript."""
    return {"sound": _sound(shop), "transcript": shop.bytes(name, data)}


def aligned(data: bytes, shop: Workshop, name: str) -> Options:
    """The good sound with a file of this content as its alignment."""
    return {"sound": _sound(shop), "alignment": shop.bytes(name, data)}


def in_utf16(shop: Workshop) -> Options:
    return written(shop.base.text.encode("utf-16"), shop)


def with_mark(shop: Workshop) -> Options:
    return written(b"\xef\xbb\xbf" + shop.base.text.encode(), shop)


def zero_width(shop: Workshop) -> Options:
    return said(shop.base.text.replace(" ", "\u200b \u200d\ufeff").replace("blue", "bl\u200due\u2060"), shop)


def no_transcript(shop: Workshop) -> Options:
    return {"sound": _sound(shop), "transcript": shop.folder / "nowhere.txt"}


def transcript_folder(shop: Workshop) -> Options:
    (shop.folder / "texts").mkdir()
    return {"sound": _sound(shop), "transcript": shop.folder / "texts"}


OTHER = "my father fished for a bit while mama made soup in a big pot"

# ---- annotations ----

GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = {start}
xmax = {end}
tiers? <exists>
size = {n}
item []:
{tiers}"""
TIER = """    item [{n}]:
        class = "IntervalTier"
        name = "{name}"
        xmin = {start}
        xmax = {end}
        intervals: size = {size}
"""
ENTRY = """        intervals [{n}]:
            xmin = {start}
            xmax = {end}
            text = "{label}"
"""


def grid(*tiers: tuple[str, list[tuple[object, object, str]]], start: object = 0, end: object = 3) -> bytes:
    """A TextGrid with these tiers, right or wrong."""
    parts = []
    for n, (name, rows) in enumerate(tiers, start=1):
        entries = "".join(ENTRY.format(n=k, start=a, end=b, label=x) for k, (a, b, x) in enumerate(rows, start=1))
        parts.append(TIER.format(n=n, name=name, start=start, end=end, size=len(rows)) + entries)
    return GRID.format(start=start, end=end, n=len(tiers), tiers="".join(parts)).encode()


WORDS = [(0, 1, ""), (1, 1.5, "bin"), (1.5, 2, "blue"), (2, 3, "")]
PHONES = [(0, 1, ""), (1, 1.1, "B"), (1.1, 1.3, "IH"), (1.3, 1.5, "N"), (1.5, 1.6, "B"), (1.6, 1.7, "L"),
          (1.7, 2, "UW"), (2, 3, "")]  # fmt: skip
GOOD_GRID = grid(("words", WORDS), ("phones", PHONES))


def eaf(times: str = 'TIME_VALUE="1000"', head: str = "", label: str = "bin") -> bytes:
    """An ELAN file with one word."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<ANNOTATION_DOCUMENT><TIME_ORDER>'
        f'<TIME_SLOT TIME_SLOT_ID="a" {times}/><TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="1500"/></TIME_ORDER>'
        '<TIER TIER_ID="words"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="x" TIME_SLOT_REF1="a" '
        f'TIME_SLOT_REF2="b"><ANNOTATION_VALUE>{label}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>'
        "</ANNOTATION_DOCUMENT>"
    ).encode()


BOMB = '<!DOCTYPE x [<!ENTITY a "bin"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
SRT_BACKWARD = b"1\n00:00:02,000 --> 00:00:01,000\nbin blue\n"
SRT_NONSENSE = b"1\n00:00:0x,000 --> 00:00:01,000\nbin blue\n"
SRT_USELESS = b"1\n00:00:00,000 --> 00:00:03,000\nbin blue at f two now\n2\n00:00:00,000 --> 00:00:00,000\n\n"
SRT_VOICES = b"1\n00:00:00,000 --> 00:00:03,000\n" + b"<v " * 100_000
SRT_LATE = b"1\n00:01:00,000 --> 00:01:02,000\nbin blue at f two now\n"

# ---- maps, lexicons, models, configurations ----


def viseme_map(text: str, shop: Workshop) -> Options:
    return {"map": shop.text("mine.toml", text)}


def changed_map(old: str, new: str, shop: Workshop) -> Options:
    """A shipped map with one thing changed."""
    text = (Path(__file__).parents[2] / "viseme_maps" / "jeffers_1971.toml").read_text(encoding="utf-8")
    assert old in text
    return viseme_map(text.replace(old, new, 1), shop)


def lexicon(data: bytes, shop: Workshop) -> Options:
    return {"sound": _sound(shop), "text": shop.base.text, "lexicon": shop.bytes("mine.dict", data)}


def config(text: str, shop: Workshop) -> Options:
    return {"video": shop.clip(), "text": shop.base.text, "config": shop.text("mine.toml", text)}


def model(data: bytes, shop: Workshop) -> Options:
    return {"video": shop.clip(), "text": shop.base.text, "model": shop.bytes("mine.npz", data)}


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def pickled_model(shop: Workshop) -> Options:
    """A model whose array is a pickled object, which would run code when it is read."""
    return model(_npz(header=np.array([{"format": "visalign lip model 1"}], dtype=object)), shop)


def strange_model(shop: Workshop) -> Options:
    return model(_npz(header=np.array(json.dumps({"format": "something else"}))), shop)


def bomb_model(shop: Workshop) -> Options:
    """An archive of 100 kB that unpacks to 100 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(100_000_000))
    return model(file.getvalue(), shop)


def climbing_archive(shop: Workshop) -> Options:
    """An acoustic model with members that climb out of their folder."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../final.mdl", b"\0B<TransitionModel> ")
        archive.writestr("/tree", b"\0BContextDependency ")
        archive.writestr("meta.json", b"{}")
    path = shop.bytes("climb.zip", file.getvalue())
    return {"sound": _sound(shop), "text": shop.base.text, "acoustic_model": path}


# ---- manifests ----


def manifest(data: bytes, shop: Workshop, name: str = "clips.csv") -> Options:
    shop.clip("a.mp4")
    return {"manifest": shop.bytes(name, data)}


def many_rows(shop: Workshop) -> Options:
    rows = "".join(f"folder/{n}.mp4,bin blue at f two now\n" for n in range(5_000))
    return manifest(b"clip,text\n" + rows.encode(), shop)


def linked_folder(shop: Workshop) -> Options:
    """A folder with a clip, and a link to the folder itself in it."""
    clips = shop.folder / "clips"
    clips.mkdir()
    (clips / "a.mp4").write_bytes(shop.base.path.read_bytes())
    (clips / "again").symlink_to(clips, target_is_directory=True)
    return {"manifest": clips}


DECOMPOSED = unicodedata.normalize("NFD", "naïve café bin")
