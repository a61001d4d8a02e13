"""TIMIT [1]_: 630 speakers of American English, ten sentences each, phones and words labelled by hand.

Layout
------
``TRAIN/DR1/FCJF0/SA1.WAV`` with ``SA1.PHN``, ``SA1.WRD`` and ``SA1.TXT`` beside it, in upper or lower case. The sound
is NIST SPHERE; copies in RIFF, also as ``SA1.WAV.wav``, are taken first. Labels count samples. The speaker's first
letter is the sex. Single files, as in the sample that the Linguistic Data Consortium gives away, are called
``fvmh0_sa1.wav``.

The split is that of the folders, TRAIN and TEST; of the latter, the 24 speakers of the core test set [1]_ are told
apart by the fact ``core_test``.

References
----------
.. [1] J. S. Garofolo, L. F. Lamel, W. M. Fisher, J. G. Fiscus, D. S. Pallett and N. L. Dahlgren, DARPA TIMIT
   Acoustic-Phonetic Continuous Speech Corpus CD-ROM, NISTIR 4930, 1993. LDC93S1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from visalign.corpora.label_files import read_label_lines
from visalign.corpora.layout import CorpusClip, Labels, attempt, files_below, name_below
from visalign.corpora.sphere import read_sphere
from visalign.errors import ParseError
from visalign.language.transcript import read_transcript
from visalign.media.clips import probe

__all__ = ["CORE_TEST", "Timit"]

CORE_TEST = frozenset(
    [
        "mdab0",
        "mwbt0",
        "felc0",
        "mtas1",
        "mwew0",
        "fpas0",
        "mjmp0",
        "mlnt0",
        "fpkt0",
        "mlll0",
        "mtls0",
        "fjlm0",
        "mbpm0",
        "mklt0",
        "fnlp0",
        "mcmj0",
        "mjdh0",
        "fmgd0",
        "mgrt0",
        "mnjm0",
        "fdhc0",
        "mjln0",
        "mpam0",
        "fmld0",
    ]
)
"""Speakers of the core test set: two men and a woman of each dialect region."""

_UTTERANCE = re.compile(r"(?:([fm][a-z]{3}\d)_)?(s[aix]\d+)", re.ASCII)
_SPEAKER = re.compile(r"[fm][a-z]{3}\d", re.ASCII)
_DIALECT = re.compile(r"dr[1-8]", re.ASCII)
_NUMBERS_FIRST = re.compile(r"\d++ \d++ ")
_SEXES = {"f": "female", "m": "male"}


class Timit:
    """TIMIT in a folder."""

    title = "DARPA TIMIT Acoustic-Phonetic Continuous Speech Corpus (Garofolo et al. 1993, LDC93S1)"
    wanted = "sound such as TRAIN/DR1/FCJF0/SA1.WAV with SA1.PHN and SA1.WRD beside it"

    def __init__(self, root: Path) -> None:
        self._root = root
        self._beside = {(p.parent, p.name.lower()): p for p in files_below(root, (".phn", ".wrd", ".txt"))}

    def clips(self) -> Iterator[CorpusClip]:
        """All utterances; of two copies of one, the RIFF copy."""
        chosen: dict[tuple[Path, str], Path] = {}
        for path in files_below(self._root, (".wav", ".sph", ".flac")):
            stem = _stem(path)
            if _UTTERANCE.fullmatch(stem):
                kept = chosen.get((path.parent, stem))
                if kept is None or _is_copy(path):
                    chosen[path.parent, stem] = path
        for path in sorted(chosen.values()):
            yield self._clip(path)

    def _clip(self, path: Path) -> CorpusClip:
        folders = [part.lower() for part in path.relative_to(self._root.parent).parts[:-1]]
        utterance = _UTTERANCE.fullmatch(_stem(path))
        speaker = (utterance and utterance[1]) or next((x for x in reversed(folders) if _SPEAKER.fullmatch(x)), "")
        facts = {"dialect": next((x for x in folders if _DIALECT.fullmatch(x)), ""), "sex": _SEXES.get(speaker[:1], "")}
        if speaker in CORE_TEST:
            facts["core_test"] = "yes"
        split = next((x for x in reversed(folders) if x in {"train", "test"}), "")
        facts = {key: value for key, value in facts.items() if value}
        said, trouble = attempt(lambda: self._said(path))
        return CorpusClip(path, name_below(self._root, path), said, speaker, split, facts=facts, trouble=trouble)

    def _said(self, path: Path) -> str | None:
        text = self._find(path, ".txt")
        if text is not None:
            # "0 46797 She had your dark suit …": first and last sample stand before the sentence
            said = " ".join(read_transcript(text).split())
            numbers = _NUMBERS_FIRST.match(said)
            return said[numbers.end() if numbers else 0 :] or None
        words = self._find(path, ".wrd")
        return None if words is None else " ".join(x.label for x in read_label_lines(words, 1.0)) or None

    def labels(self, clip: CorpusClip) -> Labels | None:
        """Phones and words, labelled by hand."""
        files = {kind: self._find(clip.path, f".{kind}") for kind in ("wrd", "phn")}
        if not any(files.values()):
            return None
        rate = _rate_hz(clip.path)
        words, phones = (read_label_lines(x, rate) if x else () for x in files.values())
        return Labels(words, phones, "by hand")

    def complaint(self, clip: CorpusClip) -> str | None:
        """Packed or cut sound, labels that are missing."""
        read_sphere(clip.path)
        missing = [kind for kind in (".phn", ".wrd") if self._find(clip.path, kind) is None]
        return f"no {' and no '.join(x.upper() for x in missing)} beside it" if missing else None

    def _find(self, path: Path, suffix: str) -> Path | None:
        return self._beside.get((path.parent, _stem(path) + suffix))


def _stem(path: Path) -> str:
    return path.name.lower().partition(".")[0]


def _is_copy(path: Path) -> bool:
    return path.name.lower().count(".") > 1


def _rate_hz(path: Path) -> int:
    header = read_sphere(path)
    if header is not None:
        return header.rate_hz
    audio = probe(path).audio
    if not audio:
        raise ParseError(path, None, "no sound in it, so its labels, which count samples, can't be placed in time")
    return audio[0].rate_hz
