"""The Montreal Forced Aligner [1]_ as an aligner: one clip, or a corpus with adaptation to its speakers.

visalign can align with MFA's acoustic models itself (:mod:`visalign.forced_alignment.gmm_hmm`). This one starts the
real program, for those whose results have to be MFA's own. How it is called is in
:mod:`visalign.forced_alignment.mfa_program`.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`, but phones are those of the acoustic model: ARPABET where all are, else
as MFA writes them. MFA gives no confidences, so scores are None. Times are MFA's own to the
last digit (frames of 10 ms), and nothing is moved to a change of the spectrum. Pronunciations are those of MFA's
dictionary; a lexicon of the user's only says which words may be spoken, and a word that MFA could not pronounce is an
error here.

References
----------
.. [1] M. McAuliffe, M. Socolof, S. Mihuc, M. Wagner and M. Sonderegger, Montreal Forced Aligner: trainable text-speech
   alignment using Kaldi, Interspeech 2017.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import soundfile

from visalign.errors import AlignmentError, AnyPath, InputError, OutOfVocabulary, ParseError, quoted
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.mfa_program import Analysis, MfaProgram, MfaSettings, find_mfa, read_analysis, tail
from visalign.language.annotations import read_annotation
from visalign.language.lexicon import Lexicon, normalise_word
from visalign.language.phones import SILENCE, fold_arpabet, is_phone, is_silence
from visalign.language.transcript import parse_transcript, read_transcript
from visalign.media.clips import read_audio
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["CorpusClip", "MfaAligner", "analysis_warnings", "read_corpus"]

SPOKEN_NOISE = "spn"
"""MFA's phone for a word that it can't pronounce."""

NO_WORD = "<eps>"
"""MFA's word for a pause, where pauses are written."""

LONGER_SECONDS = 0.05  # MFA counts frames, which may reach beyond the last sample

MIN_PEAK = 1e-3  # as the other aligners have it: below, there is no speech

SOUNDS = (".wav", ".flac", ".mp3", ".ogg")
TEXTS = (".lab", ".txt")

MAX_SHORT_RUN = 6
"""Shortest phones in a row. In 15 alignments of GRID by a model made for it 3 at most, in bad ones 7 to 35."""

MAX_DURATION_DEVIATION = 3.0
"""Standard deviations. In the alignments of GRID the largest is 1.3; in bad ones of LibriVox 3 and more."""

MAX_FALL = 5.0
"""An utterance is an outlier where its log-likelihood lies this many median deviations below the corpus's median …"""

MIN_CORPUS = 8
"""… of at least so many utterances."""


@dataclass(frozen=True, slots=True, eq=False)
class CorpusClip:
    """A clip of a corpus.

    Parameters
    ----------
    name : str
        Unique among the speaker's clips.
    speaker : str
        Whose voice it is; MFA adapts to each.
    audio : Audio
        Its sound.
    words : tuple of str
        What is said (:func:`visalign.language.transcript.parse_transcript`).
    """

    name: str
    speaker: str
    audio: Audio
    words: tuple[str, ...]


class MfaAligner:
    """Aligns with the Montreal Forced Aligner, see :mod:`visalign.forced_alignment.mfa`.

    Parameters
    ----------
    settings : MfaSettings, optional
        Models and beams.
    program : MfaProgram or path-like, optional
        The program; None looks for it on the PATH.
    environment : str, optional
        The conda environment that holds it.

    Raises
    ------
    BackendUnavailable
        If MFA is not there.
    """

    name = "mfa"
    pronounces_itself = True
    """Pronunciations are those of MFA's own dictionary: which words it lacks, only MFA knows."""

    takes_any_length = True
    """MFA is given recordings whole."""

    def __init__(
        self,
        settings: MfaSettings | None = None,
        program: MfaProgram | str | PathLike[str] | None = None,
        environment: str | None = None,
    ) -> None:
        self.settings = settings or MfaSettings()
        self.program = program if isinstance(program, MfaProgram) else find_mfa(program, environment)

    def align(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> Alignment:
        """See :meth:`visalign.forced_alignment.aligner.Aligner.align`: ``mfa align_one``.

        Raises
        ------
        InputError
            If there is no word.
        OutOfVocabulary
            If words have no pronunciation in MFA's dictionary.
        AlignmentError
            If the audio is silent, or MFA gave no alignment with all words.
        BackendFailed
            If the program failed.
        """
        clip = CorpusClip("clip", "speaker", audio, tuple(words))
        _check(clip)
        with tempfile.TemporaryDirectory(prefix="visalign_mfa_") as folder:
            sound, text = _write(clip, Path(folder))
            output = Path(folder) / "aligned.json"
            said = self.program.run(self.settings.align_one(sound, text, output))
            return self._read(output, clip, said)

    def align_corpus(
        self, clips: Sequence[CorpusClip], *, n_jobs: int = 1
    ) -> dict[tuple[str, str], Alignment | AlignmentError | OutOfVocabulary]:
        """Align clips together, ``mfa align``: features are adapted to each speaker.

        Parameters
        ----------
        clips : sequence of CorpusClip
        n_jobs : int
            Processes that MFA may use.

        Returns
        -------
        dict
            By speaker and name: the alignment, with MFA's own doubts as warnings, or why there is none.

        Raises
        ------
        InputError
            If there is no clip, or two have one name.
        BackendFailed
            If the program failed as a whole.
        """
        if not clips or len({(clip.speaker, clip.name) for clip in clips}) < len(clips):
            raise InputError("no clips to align, or two of a speaker have the same name. Give each a name of its own.")
        for clip in clips:
            _check(clip)
        with tempfile.TemporaryDirectory(prefix="visalign_mfa_") as folder:
            # MFA names its working files by the corpus's folder.
            corpus, output = Path(folder) / f"corpus_{Path(folder).name}", Path(folder) / "aligned"
            for clip in clips:
                (corpus / clip.speaker).mkdir(parents=True, exist_ok=True)
                _write(clip, corpus / clip.speaker)
            said = self.program.run(self.settings.align(corpus, output, n_jobs))
            found = {(clip.speaker, clip.name): self._read_or_error(output, clip, said) for clip in clips}
            return _doubted(found, output / "alignment_analysis.csv")

    def _read_or_error(self, output: Path, clip: CorpusClip, said: str) -> Alignment | AlignmentError | OutOfVocabulary:
        try:
            return self._read(output / clip.speaker / f"{clip.name}.json", clip, said)
        except (AlignmentError, OutOfVocabulary) as error:
            return error

    def _read(self, path: Path, clip: CorpusClip, said: str) -> Alignment:
        """The alignment in a file that MFA wrote, if it is one of this clip."""
        if not path.is_file():
            raise AlignmentError(
                f"the Montreal Forced Aligner wrote no alignment of {clip.name} ({clip.audio.duration:.2f} s). The "
                "usual causes are a transcript that is not what is said, and a beam that is too narrow: try --beam 400 "
                f"--retry-beam 1000. It said: {tail(said) or 'nothing'}"
            )
        try:
            tracks = read_annotation(path).tracks
        except ParseError as error:
            raise AlignmentError(
                f"what the Montreal Forced Aligner wrote of {clip.name} can't be used: {error}"
            ) from error
        words = [x for track in tracks for x in track.words if x.label != NO_WORD]
        phones = [x for track in tracks for x in track.phones]
        _check_words(words, phones, clip)
        return _alignment(words, phones, clip, f"{self.name}, {Path(self.settings.acoustic_model).stem}")


def _check(clip: CorpusClip) -> None:
    if not clip.words:
        raise InputError("no words to align: the transcript is empty. Give what is said in the clip.")
    if not np.max(np.abs(clip.audio.samples), initial=0.0) >= MIN_PEAK:
        raise AlignmentError(
            f"the audio of {clip.name} ({clip.audio.duration:.2f} s) is silent. Check the right track is read."
        )


def _write(clip: CorpusClip, folder: Path) -> tuple[Path, Path]:
    sound, text = folder / f"{clip.name}.wav", folder / f"{clip.name}.lab"
    soundfile.write(sound, clip.audio.samples, clip.audio.rate_hz, subtype="PCM_16")
    text.write_text(" ".join(clip.words) + "\n", encoding="utf-8")
    return sound, text


def _alignment(words: Sequence[Interval], phones: Sequence[Interval], clip: CorpusClip, engine: str) -> Alignment:
    """Tiers over the whole clip, times as they are."""
    end = clip.audio.duration
    spoken = [x for x in phones if not is_silence(x.label)]
    is_arpabet = all(is_phone(x.label, "arpabet") for x in spoken)
    if spoken[-1].start >= end or spoken[-1].end > end + LONGER_SECONDS:
        raise AlignmentError(
            f"what the Montreal Forced Aligner wrote of {clip.name} ends at {spoken[-1].end:.2f} s, but "
            f"its audio at {end:.2f} s"
        )
    rows = [Interval(x.start, min(x.end, end), fold_arpabet(x.label) if is_arpabet else x.label) for x in spoken]
    spans = []
    for word, given in zip(words, clip.words, strict=True):
        mine = [x for x in rows if word.start <= x.centre < word.end]
        spans.append(Interval(mine[0].start, mine[-1].end, given))
    return Alignment(
        Tier.from_intervals("words", spans, start=0.0, end=end),
        Tier.from_intervals("phones", rows, start=0.0, end=end, gap_label=SILENCE),
        engine,
    )


def _check_words(words: Sequence[Interval], phones: Sequence[Interval], clip: CorpusClip) -> None:
    """All words in their order, each with phones that are phones."""
    unknown = [word.label for word in words if _is_noise(word, phones)]
    if unknown:
        raise OutOfVocabulary(unknown)
    there, wanted = [normalise_word(x.label) for x in words], [normalise_word(x) for x in clip.words]
    if there != wanted:
        n = next(
            (i for i, (a, b) in enumerate(zip(there, wanted, strict=False)) if a != b), min(len(there), len(wanted))
        )
        here, given = (" ".join(x[n : n + 3]) or "nothing more" for x in (there, wanted))
        raise AlignmentError(
            f"the Montreal Forced Aligner gave other words than those of {clip.name}: from word {n + 1} on "
            f"{quoted(here)}, not {quoted(given)}. Write the words as its dictionary has them."
        )


def _is_noise(word: Interval, phones: Sequence[Interval]) -> bool:
    inside = [x.label for x in phones if word.start <= x.centre < word.end]
    return SPOKEN_NOISE in inside or all(map(is_silence, inside))


def _doubted(
    found: Mapping[tuple[str, str], Alignment | AlignmentError | OutOfVocabulary], analysis: Path
) -> dict[tuple[str, str], Alignment | AlignmentError | OutOfVocabulary]:
    try:
        warnings = analysis_warnings(read_analysis(analysis))
        missing: tuple[str, ...] = ()
    except ParseError as error:
        warnings, missing = {}, (f"MFA's own analysis of this alignment is missing: {error}",)
    return {
        key: replace(x, warnings=(*x.warnings, *warnings.get(key, ()), *missing)) if isinstance(x, Alignment) else x
        for key, x in found.items()
    }


def analysis_warnings(rows: Mapping[tuple[str, str], Analysis]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What MFA's ``alignment_analysis.csv`` gives reason to warn of, by speaker and clip.

    Examples
    --------
    >>> analysis_warnings({("anna", "a"): Analysis(-60.0, 3.4, 35)})
    {('anna', 'a'): ('MFA: 35 phones in a row have the shortest possible duration', 'MFA: a phone lasts 3.4 standard \
deviations longer or shorter than its kind')}
    """
    likely = [x.speech_log_likelihood for x in rows.values() if x.speech_log_likelihood is not None]
    low = _lowest_usual(likely) if len(likely) >= MIN_CORPUS else None
    found = {}
    for key, row in rows.items():
        doubts = []
        if row.longest_short_run > MAX_SHORT_RUN:
            doubts.append(f"MFA: {row.longest_short_run} phones in a row have the shortest possible duration")
        deviation = row.phone_duration_deviation
        if deviation is not None and deviation > MAX_DURATION_DEVIATION:
            doubts.append(f"MFA: a phone lasts {deviation:.1f} standard deviations longer or shorter than its kind")
        if low is not None and row.speech_log_likelihood is not None and row.speech_log_likelihood < low:
            doubts.append(f"MFA: its log-likelihood, {row.speech_log_likelihood:.1f} a frame, is far below the others'")
        if doubts:
            found[key] = tuple(doubts)
    return found


def _lowest_usual(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return middle - MAX_FALL * statistics.median(abs(x - middle) for x in values)


def read_corpus(folder: AnyPath) -> list[CorpusClip]:
    """Clips of a folder laid out as MFA wants it: ``speaker/clip.wav`` beside ``speaker/clip.txt`` (or ``.lab``).

    Clips that lie in the folder itself belong to one speaker, who has the folder's name.

    Raises
    ------
    InputError
        If there is no sound with a text beside it, or a text has no words.
    MediaError, ParseError
        If a file can't be read.
    """
    root = Path(folder)
    clips = []
    for sound in sorted(path for path in root.rglob("*") if path.suffix.lower() in SOUNDS):
        text = next((p for p in (sound.with_suffix(x) for x in TEXTS) if p.is_file()), None)
        if text is not None:
            words = tuple(parse_transcript(read_transcript(text)))
            if not words:
                raise InputError(
                    f"{text}: no words. Write what is said in {sound.name}, or take both out of the corpus."
                )
            clips.append(CorpusClip(sound.stem, sound.parent.resolve().name, read_audio(sound), words))
    if not clips:
        raise InputError(
            f"{root}: no sound ({', '.join(SOUNDS)}) with a text ({', '.join(TEXTS)}) of the same name beside it. MFA "
            "wants a folder for each speaker, with the clips and their texts in it."
        )
    return clips
