"""What fuzzing found, each as the smallest input that did it: it may be read or refused, and nothing else, for ever."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Finding(NamedTuple):
    """An input of a target, and what it did before it was mended."""

    target: str
    data: Callable[[], bytes]
    did: str


def _npz(method: int = zipfile.ZIP_DEFLATED, *, encrypted: bool = False, spoilt: bool = False) -> bytes:
    """An archive with one array, whose header claims a method of packing, or a password, or whose data are spoilt."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("points", "meta"):
            array = io.BytesIO()
            np.save(array, np.arange(999), allow_pickle=False)
            archive.writestr(f"{name}.npy", array.getvalue())
    data = bytearray(file.getvalue())
    central = data.index(b"PK\1\2")
    data[central + 10] = data[8] = method
    if encrypted:
        data[central + 8] |= 1
        data[6] |= 1
    if spoilt:
        data[60:80] = b"\xff" * 20
    return bytes(data)


def _mfa_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("final.mdl", b"\0B" + bytes(range(256)) * 9)
    data = bytearray(file.getvalue())
    data[45:75] = b"\xff" * 30
    return bytes(data)


def _correction() -> bytes:
    # Loads numpy and FFmpeg.
    from visalign.correct.correction import Correction
    from visalign.media.remux import Piece

    data: dict[str, Any] = Correction("a.mp4", "", "pieces", (Piece(0.0, 0.1),)).to_dict()
    data["pieces"][0]["delay_seconds"] = 10**400
    return json.dumps(data).encode()


def _huge_times() -> bytes:
    text = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n1\n"IntervalTier"\n"words"\n0\n1\n1\n'
    )
    return (text + "0\n" + "9" * 400 + '\n"a"\n').encode()


def _far_points() -> bytes:
    names = ["frame", *(f"{c}_{k}" for c in "xy" for k in range(68))]
    return (",".join(names) + "\n0" + ",1e100" * 136 + "\n").encode()


EAF_TIMES = (
    b'<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="'
    + b"9" * 400
    + b'"/></TIME_ORDER></ANNOTATION_DOCUMENT>'
)
MFA_TIMES = b'{"start": 0, "end": 1, "tiers": {"words": {"type": "interval", "entries": [[-1e39, 0.4, "bees"]]}}}'
PHONE = '{"start": 0.1, "end": 0.2, "label": "B"}'

FINDINGS = (
    Finding("textgrid", lambda: b"0", "AttributeError: a TextGrid that is taken for JSON"),
    Finding("eaf", lambda: b'<?xml version="1.0" encoding="UTF-6"?><ANNOTATION_DOCUMENT/>', "LookupError"),
    Finding("eaf", lambda: b'<?xml version="1.0" encoding="EUC-JP"?><ANNOTATION_DOCUMENT/>', "ValueError"),
    Finding(
        "csv-alignment",
        lambda: b"word,phone,start_seconds,end_seconds,confidence\nbees,B,0.4,0.5,e\n",
        "ValueError: a confidence that is no number",
    ),
    Finding(
        "csv-alignment",
        lambda: b"Begin,End,Speaker,Type,Label\n0,1,a,words\n",
        "AttributeError: a row without its label",
    ),
    Finding("json-alignment", lambda: b"[" * 100_000, "RecursionError"),
    Finding("json-export", lambda: b"[" * 100_000, "RecursionError"),
    Finding(
        "json-export",
        lambda: b'{"words": [], "phones": [{"start": 0, "end": 1, "label": null}]}',
        "AttributeError: a label that is no text",
    ),
    Finding(
        "json-export",
        lambda: f'{{"words": [], "phones": [{PHONE}], "clip": {{"frame_rate": "1/0"}}}}'.encode(),
        "ZeroDivisionError: a frame rate of 1/0",
    ),
    Finding(
        "emu",
        lambda: b'{"sampleRate": 1, "levels": [{"name": 1, "type": "x"}]}',
        "AttributeError: a number as name",
    ),
    Finding(
        "emu",
        lambda: (
            b'{"sampleRate": 0, "levels": [{"name": "a", "type": "SEGMENT", "items": [{"id": 1, "sampleStart": 1, '
            b'"sampleDur": 1, "labels": [{"name": "a", "value": "b"}]}]}]}'
        ),
        "ZeroDivisionError: a rate of 0",
    ),
    Finding("config", lambda: b"a = " + b"[" * 5000, "RecursionError"),
    Finding("map", lambda: b"a = " + b"[" * 5000, "RecursionError"),
    Finding("recipe", lambda: b"a = " + b"[" * 5000, "RecursionError"),
    Finding("mouths", lambda: b"a = " + b"[" * 5000, "RecursionError"),
    Finding("mapping", lambda: b"[" * 1500, "RecursionError"),
    Finding("mouths", lambda: b"A = 0.1", "AttributeError: a number where a table belongs"),
    Finding(
        "landmarks-csv",
        lambda: (",".join(["frame", *(f"{c}_{k}" for c in "xy" for k in range(68)), "success"]) + "\n0,1\n").encode(),
        "AttributeError: a row without its last cell",
    ),
    Finding("landmarks-npz", lambda: _npz(spoilt=True), "zlib.error"),
    Finding("landmarks-npz", lambda: _npz(method=99), "NotImplementedError: a method of packing that nobody knows"),
    Finding("landmarks-npz", lambda: _npz(encrypted=True), "RuntimeError: a password"),
    Finding("g2p-model", lambda: _npz(spoilt=True), "zlib.error"),
    Finding("g2p-model", lambda: _npz(method=99), "NotImplementedError: a method of packing that nobody knows"),
    Finding("g2p-model", lambda: _npz(encrypted=True), "RuntimeError: a password"),
    Finding("mfa-archive", _mfa_zip, "zlib.error"),
    Finding("correction", _correction, "OverflowError: a delay of 400 digits"),
    Finding("correction", lambda: b'{"a": ' + b"9" * 309 + b".0.1}", "ValueError: 300 digits with two points"),
    Finding("manifest-csv", lambda: b'{"a":' * 100_000, "csv.Error: a heading of one cell"),
    Finding("csv-alignment", lambda: b"word,start,end\n" + b"a" * 200_000 + b",0,1\n", "csv.Error: a cell of 200 kB"),
    Finding("textgrid-corpus", _huge_times, "OverflowError: a time of 400 digits"),
    Finding("eaf", lambda: EAF_TIMES, "OverflowError: a time of 400 digits"),
    Finding("srt", lambda: b"1\n" + b"9" * 5001 + b":00:01,000 --> 00:00:02,500\nx\n", "ValueError: 5,001 digits"),
    Finding("json-alignment", lambda: MFA_TIMES, "RuntimeWarning: a time that no float of 32 bits holds"),
    Finding("labels", lambda: "0.1\t0.5\t\u2028\n".encode(), "ValueError: a label of a separator of lines"),
    Finding(
        "json-recognisers",
        lambda: b'[{"start": [{"word": "oh"}], "text": "oh"}, {"alternatives": [{"result": []}]}]',
        "TypeError: a list where a time belongs",
    ),
    Finding("landmarks-csv", _far_points, "RuntimeWarning: a point that no float of 32 bits holds"),
)
