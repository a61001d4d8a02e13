"""Sound in SPHERE files."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_trees import RATE_HZ, make_sphere, put

from visalign.corpora.sphere import read_sphere
from visalign.errors import MediaError
from visalign.media.clips import read_audio


def test_sphere_header_and_sound(tmp_path: Path) -> None:
    path = make_sphere(tmp_path / "a.wav", 0.5)
    header = read_sphere(path)
    assert header is not None
    assert (header.rate_hz, header.n_samples, header.n_channels, header.coding) == (RATE_HZ, 8000, 1, "pcm")
    assert read_audio(path).duration == pytest.approx(header.duration)


def test_shorten_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = make_sphere(tmp_path / "a.wav")
    packed = path.read_bytes().replace(b"sample_coding -s3 pcm\n", b"sample_coding -s26 pcm,embedded-shorten-v2.00\n")
    path.write_bytes(packed)
    with pytest.raises(MediaError, match=r"shorten-v2.00.*sph2pipe"):
        read_sphere(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: data[:-100], "sound is missing at its end"),
        (lambda data: data.replace(b"sample_rate", b"sample_rats"), "header is damaged"),
        (lambda data: data.replace(b"   1024\n", b"   1x24\n"), "header is damaged"),
        (lambda data: data.replace(b"sample_count -i 16000", b"sample_count -i 0    "), "no sound in it"),
    ],
)
def test_damaged_sphere(tmp_path: Path, change: object, complaint: str) -> None:
    path = make_sphere(tmp_path / "a.wav")
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(MediaError, match=complaint):
        read_sphere(path)


def test_other_files_have_no_sphere_header(tmp_path: Path) -> None:
    put(tmp_path, "a.wav", "RIFF")
    assert read_sphere(tmp_path / "a.wav") is None
