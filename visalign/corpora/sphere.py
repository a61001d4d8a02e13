"""Headers of NIST SPHERE files, the form in which TIMIT's sound is published.

The samples themselves are read by FFmpeg (:mod:`visalign.media.clips`); what FFmpeg does not tell is that a file is
packed by "shorten", or cut short. The header is text: ``NIST_1A``, its own length, then ``name -type value`` lines up
to ``end_head`` [1]_.

References
----------
.. [1] NIST, SPHERE, Speech Header Resources, doc/sphere.doc.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visalign.errors import BAD_DATA, MediaError

__all__ = ["SphereHeader", "read_sphere"]

_MAGIC = b"NIST_1A\n"
_MAX_HEADER = 65536
_CODINGS = ("pcm", "ulaw", "mu-law", "alaw")


@dataclass(frozen=True, slots=True)
class SphereHeader:
    """What a SPHERE file says about its sound."""

    rate_hz: int
    n_samples: int
    n_channels: int
    coding: str

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.rate_hz


def read_sphere(path: Path) -> SphereHeader | None:
    """The header of a SPHERE file; None if the file is of another kind.

    Raises
    ------
    MediaError
        If the header is damaged, the sound is packed by shorten, or samples are missing.
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return None
            length = _header_length(path, file.read(8))
            file.seek(0)
            fields = _fields(file.read(length))
        size = path.stat().st_size - length
    except OSError as error:
        raise MediaError(path, f"can't be read ({error.strerror})") from error
    header, sample_bytes = _header(path, fields)
    if header.coding not in _CODINGS:
        remedy = "Unpack it with NIST's or LDC's `sph2pipe -f wav IN OUT`." if "shorten" in header.coding else ""
        raise MediaError(path, f"its sound is packed ({header.coding}), which visalign does not read", remedy)
    if size < header.n_samples * header.n_channels * sample_bytes:
        raise MediaError(path, "sound is missing at its end: the header promises more samples", "Copy it again.")
    return header


def _header_length(path: Path, text: bytes) -> int:
    if not text.strip().isdigit() or not 16 < int(text) <= _MAX_HEADER:
        raise MediaError(path, "its SPHERE header is damaged", "Copy it again.")
    return int(text)


def _fields(header: bytes) -> dict[str, str]:
    rows = (line.split(None, 2) for line in header.decode("latin-1").splitlines())
    return {row[0]: row[2].strip() for row in rows if len(row) == 3}


def _header(path: Path, fields: dict[str, str]) -> tuple[SphereHeader, int]:
    coding = fields.get("sample_coding", "pcm")
    try:
        channels, width = int(fields.get("channel_count", 1)), int(fields.get("sample_n_bytes", 2))
        found = SphereHeader(int(fields["sample_rate"]), int(fields["sample_count"]), channels, coding)
    except BAD_DATA as error:
        raise MediaError(
            path, "its SPHERE header is damaged: no rate or number of samples", "Copy it again."
        ) from error
    if min(found.rate_hz, found.n_samples, found.n_channels, width) <= 0:
        raise MediaError(path, "its SPHERE header is damaged, or there is no sound in it", "Copy it again.")
    return found, width
