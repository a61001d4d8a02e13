"""The Montreal Forced Aligner [1]_ as an aligner: one clip, or a corpus with adaptation to its speakers.

visalign can align with MFA's acoustic models itself (:mod:`visalign.forced_alignment.gmm_hmm`). This one starts the
real program, for those whose results have to be MFA's own. How it is called is in
:mod:`visalign.forced_alignment.mfa_program`.

Conventions
-----------
As in :mod:`visalign.forced_alignment.aligner`, but phones are those of the acoustic model: ARPABET where all are, else
as MFA writes them. MFA gives no confidences, so scores are None. Times are MFA's own to the
last digit (frames of 10 ms), and nothing is moved to a change of the spectrum. Words are passed as they are written
(:mod:`visalign.forced_alignment.mfa_text`) and pronounced by MFA's dictionary alone; one that MFA could not pronounce
is an error here.

References
----------
.. [1] M. McAuliffe, M. Socolof, S. Mihuc, M. Wagner and M. Sonderegger, Montreal Forced Aligner: trainable text-speech
   alignment using Kaldi, Interspeech 2017.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
import soundfile

from visalign.errors import AlignmentError, InputError, OutOfVocabulary, ParseError, quoted
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.mfa_analysis import analysis_warnings, read_analysis
from visalign.forced_alignment.mfa_archive import says_positions
from visalign.forced_alignment.mfa_corpus import CorpusClip, check_names, names_for_mfa, read_corpus
from visalign.forced_alignment.mfa_home import acoustic_model_file
from visalign.forced_alignment.mfa_program import MfaProgram, MfaSettings, SearchFailed, essence, find_mfa
from visalign.forced_alignment.mfa_text import Mismatch, is_noise, match_words, spoken_form, words_as_written
from visalign.language.annotations import read_annotation
from visalign.language.lexicon import Lexicon
from visalign.language.phones import SILENCE, fold_arpabet, is_phone, is_silence, without_places
from visalign.signals import Audio
from visalign.timeline import Interval, Tier

__all__ = ["CorpusClip", "MfaAligner", "read_corpus"]

SPOKEN_NOISE = "spn"
"""MFA's phone for a word that it can't pronounce."""

NO_WORD = "<eps>"
"""MFA's word for a pause, where pauses are written."""

LONGER_SECONDS = 0.05  # MFA counts frames, which may reach beyond the last sample

MIN_PEAK = 1e-3  # as the other aligners have it: below, there is no speech

Outcome = Alignment | AlignmentError | OutOfVocabulary


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
        # Commands that only name the aligner have none of its options.
        self._whose = "" if settings is not None else " of `visalign align --aligner mfa`"

    def words_of(self, text: str) -> list[str]:
        """The words of a transcript as :meth:`align` wants them: as they are written; MFA cuts and looks up."""
        return words_as_written(text)

    def align(self, audio: Audio, words: Sequence[str], lexicon: Lexicon) -> Alignment:
        """See :meth:`visalign.forced_alignment.aligner.Aligner.align`: ``mfa align_one``.

        With a model whose phones have places in the word it is ``mfa align`` over this one clip, see
        :mod:`visalign.forced_alignment.mfa_program`. `lexicon` is not asked.

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
        if self._has_places():
            return self._alone(clip)
        with tempfile.TemporaryDirectory(prefix="visalign_mfa_") as folder:
            sound, text = _write(clip, Path(folder), clip.name)
            output = Path(folder) / "aligned.json"
            try:
                said = self.program.run(self.settings.align_one(sound, text, output))
            except SearchFailed as error:
                raise self._not_found(clip, error.stderr_tail) from error
            tiers = self._tiers(output, clip, said)
        # Where the model could not be looked into, what it wrote tells.
        return self._alone(clip) if tiers.has_places else self._alignment(tiers, clip)

    def _has_places(self) -> bool:
        path = acoustic_model_file(self.settings.acoustic_model)
        try:
            return path is not None and says_positions(path)
        except ParseError:  # whether it is a model at all, MFA says best
            return False

    def _alone(self, clip: CorpusClip) -> Alignment:
        """``mfa align`` over a corpus of one clip."""
        (found,) = self.align_corpus([clip]).values()
        if not isinstance(found, Alignment):
            raise found
        return found

    def align_corpus(self, clips: Sequence[CorpusClip], *, n_jobs: int = 1) -> dict[tuple[str, str], Outcome]:
        """Align clips together, ``mfa align``: features are adapted to each speaker.

        Parameters
        ----------
        clips : sequence of CorpusClip
        n_jobs : int
            Processes that MFA may use.

        Returns
        -------
        dict
            By folder (which is the speaker, where the corpus has one for each) and name: the alignment, with MFA's own
            doubts as warnings, or why there is none.

        Raises
        ------
        InputError
            If there is no clip, or two in a folder have one name.
        BackendFailed
            If the program failed as a whole.
        """
        check_names(clips)
        for clip in clips:
            _check(clip)
        with tempfile.TemporaryDirectory(prefix="visalign_mfa_") as folder:
            # MFA names its working files by the corpus's folder.
            corpus, output = Path(folder) / f"corpus_{Path(folder).name}", Path(folder) / "aligned"
            names = dict(names_for_mfa(clips))
            for clip in clips:
                (corpus / clip.speaker).mkdir(parents=True, exist_ok=True)
                _write(clip, corpus / clip.speaker, names[clip.key])
            try:
                said = self.program.run(self.settings.align(corpus, output, n_jobs))
            except SearchFailed as error:
                return {clip.key: self._not_found(clip, error.stderr_tail) for clip in clips}
            found = {clip.key: self._outcome(output, clip, names[clip.key], said) for clip in clips}
            rows = {clip.key: (clip.speaker, names[clip.key]) for clip in clips}
            return _doubted(found, rows, output / "alignment_analysis.csv")

    def _outcome(self, output: Path, clip: CorpusClip, name: str, said: str) -> Outcome:
        try:
            return self._alignment(self._tiers(output / clip.speaker / f"{name}.json", clip, said), clip)
        except (AlignmentError, OutOfVocabulary) as error:
            return error

    def _tiers(self, path: Path, clip: CorpusClip, said: str) -> _Tiers:
        """What MFA wrote of a clip."""
        if not path.is_file():
            raise self._not_found(clip, essence(said))
        try:
            tracks = read_annotation(path).tracks
        except ParseError as error:
            raise AlignmentError(
                f"what the Montreal Forced Aligner wrote of {clip.name} can't be used: {error}"
            ) from error
        words = [x for track in tracks for x in track.words if x.label != NO_WORD]
        phones = [x for track in tracks for x in track.phones]
        labels = without_places([x.label for x in phones])
        bare = [replace(x, label=label) for x, label in zip(phones, labels, strict=True)]
        return _Tiers(words, bare, has_places=bare != phones)

    def _not_found(self, clip: CorpusClip, said: str) -> AlignmentError:
        return AlignmentError(
            f"the Montreal Forced Aligner wrote no alignment of {clip.name} ({clip.audio.duration:.2f} s). The "
            "usual causes are a transcript that is not what is said, and a beam that is too narrow: try "
            f"{self.settings.wider}{self._whose}." + (f" It said: {said}" if said else "")
        )

    def _alignment(self, tiers: _Tiers, clip: CorpusClip) -> Alignment:
        """The alignment, if it is one of this clip."""
        try:
            matched = match_words(clip.words, [x.label for x in tiers.words])
        except Mismatch as error:
            raise _other_words(tiers.words, clip, error.n_matched) from error
        mine = [[tiers.words[n] for n in x if not is_noise(tiers.words[n].label)] for x in matched]
        unknown = [
            spoken_form(word)
            for word, parts in zip(clip.words, mine, strict=True)
            if any(_is_unknown(part, tiers.phones) for part in parts)
        ]
        if unknown:
            raise OutOfVocabulary(unknown, remedy=self._remedy(unknown))
        return _placed(mine, tiers, clip, f"{self.name}, {Path(self.settings.acoustic_model).stem}")

    def _remedy(self, unknown: Sequence[str]) -> str:
        dictionary = f"Add them to {self.settings.dictionary}"
        if not Path(self.settings.dictionary).is_file():
            dictionary = f"Add them to a copy of {self.settings.dictionary}, given as --dictionary FILE{self._whose}"
        guesser = f", or have MFA guess them: --g2p-model MODEL{self._whose}"
        figures = " Numbers must be spelt out as they are said." if any(c.isdigit() for x in unknown for c in x) else ""
        return (
            f"{dictionary} (a line each: word, then its phones in those of the acoustic model), correct the spelling"
            f"{'' if self.settings.g2p_model else guesser}.{figures}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Tiers:
    """Words and phones as MFA wrote them, without pauses; phones without the place in the word that some had."""

    words: Sequence[Interval]
    phones: Sequence[Interval]
    has_places: bool


def _check(clip: CorpusClip) -> None:
    if not clip.words:
        raise InputError("no words to align: the transcript is empty. Give what is said in the clip.")
    if not np.max(np.abs(clip.audio.samples), initial=0.0) >= MIN_PEAK:
        raise AlignmentError(
            f"the audio of {clip.name} ({clip.audio.duration:.2f} s) is silent. Check the right track is read."
        )


def _write(clip: CorpusClip, folder: Path, name: str) -> tuple[Path, Path]:
    sound, text = folder / f"{name}.wav", folder / f"{name}.lab"
    soundfile.write(sound, clip.audio.samples, clip.audio.rate_hz, subtype="PCM_16")
    text.write_text(" ".join(clip.words) + "\n", encoding="utf-8")
    return sound, text


def _placed(mine: Sequence[Sequence[Interval]], tiers: _Tiers, clip: CorpusClip, engine: str) -> Alignment:
    """Tiers over the whole clip, times as they are; `mine` are MFA's words of each word."""
    end = clip.audio.duration
    spoken = [x for x in tiers.phones if not is_silence(x.label)]
    is_arpabet = all(is_phone(x.label, "arpabet") for x in spoken)
    if spoken[-1].start >= end or spoken[-1].end > end + LONGER_SECONDS:
        raise AlignmentError(
            f"what the Montreal Forced Aligner wrote of {clip.name} ends at {spoken[-1].end:.2f} s, but "
            f"its audio at {end:.2f} s"
        )
    rows = [Interval(x.start, min(x.end, end), fold_arpabet(x.label) if is_arpabet else x.label) for x in spoken]
    spans = []
    for word, parts in zip(clip.words, mine, strict=True):
        inside = [x for x in rows if parts[0].start <= x.centre < parts[-1].end]
        spans.append(Interval(inside[0].start, inside[-1].end, spoken_form(word)))
    return Alignment(
        Tier.from_intervals("words", spans, start=0.0, end=end),
        Tier.from_intervals("phones", rows, start=0.0, end=end, gap_label=SILENCE),
        engine,
    )


def _other_words(found: Sequence[Interval], clip: CorpusClip, n_matched: int) -> AlignmentError:
    there = [x.label for x in found if not is_noise(x.label)]
    at = sum(not is_noise(x.label) for x in found[:n_matched])
    here, given = (" ".join(x[at : at + 3]) or "nothing more" for x in (there, list(map(spoken_form, clip.words))))
    return AlignmentError(
        f"the Montreal Forced Aligner gave other words than those of {clip.name}: from word {at + 1} on "
        f"{quoted(here)}, not {quoted(given)}. Write the words as its dictionary has them."
    )


def _is_unknown(word: Interval, phones: Sequence[Interval]) -> bool:
    inside = [x.label for x in phones if word.start <= x.centre < word.end]
    return SPOKEN_NOISE in inside or all(map(is_silence, inside))


def _doubted(
    found: Mapping[tuple[str, str], Outcome], rows: Mapping[tuple[str, str], tuple[str, str]], analysis: Path
) -> dict[tuple[str, str], Outcome]:
    """`found` with the warnings of the analysis, whose rows have the names that MFA was given."""
    try:
        warnings = analysis_warnings(read_analysis(analysis))
        missing: tuple[str, ...] = ()
    except ParseError as error:
        warnings, missing = {}, (f"MFA's own analysis of this alignment is missing: {error}",)
    return {
        key: replace(x, warnings=(*x.warnings, *warnings.get(rows[key], ()), *missing))
        if isinstance(x, Alignment)
        else x
        for key, x in found.items()
    }
