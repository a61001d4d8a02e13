"""``visalign align``: when each word and phone of a recording is spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.commands.choices import choice
from visalign.commands.console import (
    alignment_table,
    progress_line,
    screen,
    show_failure,
    show_warnings,
    show_written,
    tier_table,
)
from visalign.commands.given import refuse_lonely_language, refuse_lonely_shift, refuse_missing, said
from visalign.commands.options import (
    OUTPUT,
    SAID,
    SPEED,
    Aligner,
    AlignmentFile,
    AlignmentForm,
    AlignmentShift,
    Channel,
    G2p,
    Language,
    Lexicon,
    NeededOutput,
    Oov,
    Overwrite,
    Quiet,
    Recognise,
    Speaker,
    Subtitles,
    Text,
    Track,
    Transcript,
    output_for,
)
from visalign.files.standard_output import STANDARD_STREAM

if TYPE_CHECKING:
    from visalign.corpora.folder_alignment import Aligned, Recording, Said
    from visalign.forced_alignment import Aligner as Engine
    from visalign.forced_alignment import Alignment
    from visalign.forced_alignment.mfa import MfaAligner
    from visalign.language.annotations import Cue
    from visalign.language.phone_lists import Phones
    from visalign.signals import Audio

__all__ = ["ALIGN_EPILOG", "align"]

ALIGN_EPILOG = (
    'visalign align speech.wav --text "bin blue at f two now" -o speech.TextGrid\n\n'
    "visalign align clip.mp4 --transcript clip.txt --lexicon names.dict -o phones.csv\n\n"
    'visalign align clip.mp4 --text "bin blue zorblax" --oov g2p -o clip.TextGrid\n\n'
    "visalign align episode.mp4 --transcript episode.srt -o episode.TextGrid\n\n"
    "visalign align clip.mp4 --alignment corrected.eaf -o corrected.TextGrid\n\n"
    "visalign align talk.wav --alignment whisperx.json -o talk.TextGrid    (also of Whisper, gentle, Audacity, HTK)\n\n"
    "visalign align film.mkv --subtitles eng -o film.TextGrid    (the subtitles inside the clip)\n\n"
    "visalign align interview.wav --channel left --transcript guest.txt -o guest.TextGrid\n\n"
    "visalign align talk.wav --recognise words -o talk.TextGrid    (no transcript: what PocketSphinx understands)\n\n"
    "visalign align recordings/ -o aligned/ --format csv    (speech.wav beside speech.txt or speech.srt)\n\n"
    'visalign align rede.wav --text "Guten Morgen" --language de -o rede.TextGrid    (`visalign languages`)\n\n'
    "visalign align wort.wav --phones wort.txt -o wort.TextGrid    (any language: ɡ uː t ə n | t aː k)\n\n"
    "visalign align rede.wav -t rede.txt --acoustic-model german_mfa.zip --dictionary german_mfa.dict -o r.TextGrid"
)


AcousticModel = Annotated[
    Path | None,
    typer.Option(
        "--acoustic-model",
        help="Acoustic model: a zip of MFA, a .binhmm of Julius, a folder of PocketSphinx; with --aligner mfa a name.",
        rich_help_panel=SPEED,
    ),
]
Dictionary = Annotated[
    Path | None,
    typer.Option(
        "--dictionary",
        help="The dictionary that belongs to that model; with --aligner mfa also a name.",
        rich_help_panel=SPEED,
    ),
]
G2pModel = Annotated[
    str,
    typer.Option("--g2p-model", help="MFA's model for words that its dictionary lacks.", rich_help_panel="MFA"),
]
Beam = Annotated[int, typer.Option("--beam", help="How wide MFA's search is.", rich_help_panel="MFA")]
RetryBeam = Annotated[
    int, typer.Option("--retry-beam", help="How wide its second try is where the first fails.", rich_help_panel="MFA")
]
MfaProgram = Annotated[
    Path | None, typer.Option("--mfa", help="The program mfa, if it is not on the PATH.", rich_help_panel="MFA")
]
MfaEnvironment = Annotated[
    str | None, typer.Option("--mfa-env", help="The conda environment that holds mfa.", rich_help_panel="MFA")
]
Timeout = Annotated[
    float, typer.Option("--timeout", min=1.0, help="Seconds after which MFA is stopped.", rich_help_panel="MFA")
]


def align(
    sound: Annotated[
        Path,
        typer.Argument(metavar="AUDIO|VIDEO|FOLDER|CSV", help="Speech, or a clip with speech; or many of them."),
    ],
    transcript: Transcript = None,
    text: Text = None,
    phones: Annotated[
        Path | None,
        typer.Option(
            help="Phones in place of a text, of any language: IPA, X-SAMPA or ARPABET; a line a word.",
            rich_help_panel=SAID,
        ),
    ] = None,
    subtitles: Subtitles = None,
    alignment: AlignmentFile = None,
    alignment_shift: AlignmentShift = 0.0,
    speaker: Speaker = None,
    recognise: Recognise = None,
    lexicon: Lexicon = None,
    language: Language = None,
    oov: Oov = None,
    g2p: G2p = None,
    track: Track = None,
    channel: Channel = None,
    output: Annotated[
        Path | None, NeededOutput(".TextGrid, .json, .csv, .eaf, .ctm; of many a folder; - for standard output.")
    ] = None,
    form: AlignmentForm = None,
    phones_out: Annotated[
        str | None,
        choice(
            "--phones-out",
            names=("arpabet", "ipa", "xsampa"),
            help="The alphabet to write phones in, with stress where it is known.",
            panel=OUTPUT,
        ),
    ] = None,
    syllables: Annotated[
        bool,
        typer.Option(
            "--syllables", help="Add a tier of syllables (CSV: columns; JSON: an entry).", rich_help_panel=OUTPUT
        ),
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    aligner: Aligner = None,
    acoustic_model: AcousticModel = None,
    dictionary: Dictionary = None,
    refine: Annotated[
        bool,
        typer.Option(
            help="Boundaries where the sound says they are; without, where the acoustic model has them.",
            rich_help_panel=SPEED,
        ),
    ] = True,
    adapt: Annotated[
        bool,
        typer.Option(
            help="Many in another language are aligned twice, adapted to each speaker or folder; without, once.",
            rich_help_panel=SPEED,
        ),
    ] = True,
    g2p_model: G2pModel = "",
    beam: Beam = 100,
    retry_beam: RetryBeam = 400,
    mfa: MfaProgram = None,
    mfa_env: MfaEnvironment = None,
    timeout: Timeout = 3600.0,
) -> None:
    """Find where each word and phone is spoken. Without a transcript, recognise the phones."""
    # These load numpy and PocketSphinx.
    from visalign.corpora.folder_alignment import is_many
    from visalign.exports.result_files import ALIGNMENT_SUFFIXES, write_alignment
    from visalign.files.outputs import check_output
    from visalign.forced_alignment import chosen_aligner, read_alignment
    from visalign.language.phone_lists import read_phones
    from visalign.language.phones import is_silence

    oov, g2p = oov or "error", g2p or ""
    if is_many(sound):
        one = {
            "--text": text,
            "--phones": phones,
            "--transcript": transcript,
            "--subtitles": subtitles,
            "--alignment": alignment,
        }
        if given := [name for name, value in one.items() if value is not None]:
            raise typer.BadParameter(f"{given[0]} says what one recording holds; of many each has its own transcript")
        if aligner == "mfa":
            raise typer.BadParameter(
                "the Montreal Forced Aligner takes many clips together: visalign mfa CORPUS -o FOLDER"
            )
        engine = chosen_aligner(aligner, acoustic_model, refine=refine)
        refuse_lonely_language(language, sound)
        names = {"oov": oov, "g2p": g2p, "language": language, "speaker": speaker}
        options = {
            "aligner": engine,
            "lexicon": lexicon,
            "dictionary": dictionary,
            **names,
            "shown": (phones_out, syllables),
        }
        _align_many(
            sound, output, form, (track, channel), adapt=adapt, overwrite=overwrite, quiet=quiet, options=options
        )
        return
    output = _with_form(output, form)
    if output is not None:
        inputs = [
            x for x in (sound, transcript, phones, alignment, lexicon, acoustic_model, dictionary) if x is not None
        ]
        check_output(output, suffixes=ALIGNMENT_SUFFIXES, overwrite=overwrite, inputs=inputs)
    words = said(text, transcript, subtitles, sound)
    if phones is not None:
        said_by = {"--text": text, "--transcript": transcript, "--subtitles": subtitles, "--alignment": alignment}
        _refuse_words(
            {**said_by, "--lexicon": lexicon, "--dictionary": dictionary, "--language": language, "--speaker": speaker},
            oov,
            g2p,
        )
    if words is not None and alignment is not None:
        raise typer.BadParameter("give --alignment, or the text of what is said, not both")
    refuse_lonely_shift(alignment, alignment_shift)
    refuse_lonely_language(language, words, alignment)
    is_mfa = aligner == "mfa"
    if is_mfa:
        _refuse_pronunciations(lexicon, oov, g2p, language)
    refuse_missing(sound)
    with progress_line(enabled=not quiet) as progress:
        progress("aligning", None)
        audio = visalign.read_audio(sound, track=track, channel=channel)
        if alignment is not None:
            found = read_alignment(
                alignment,
                audio,
                speaker=speaker,
                recording=sound.stem,
                lexicon=lexicon,
                shift=alignment_shift,
                oov=oov,
                g2p=g2p,
                language=language,
            )
        elif phones is not None:
            chosen = chosen_aligner(aligner, acoustic_model, refine=refine)
            found = visalign.force_align(audio, phones=read_phones(phones), aligner=chosen)
        elif words is None:
            found = visalign.recognise_words(audio) if recognise == "words" else visalign.recognise_phones(audio)
        else:
            models = [str(x or "english_us_arpa") for x in (acoustic_model, dictionary)]
            program = mfa_aligner(models, (g2p_model, beam, retry_beam), mfa, mfa_env, timeout) if is_mfa else None
            found = visalign.force_align(
                audio,
                words,
                aligner=program or chosen_aligner(aligner, acoustic_model, refine=refine),
                lexicon=lexicon,
                dictionary=None if is_mfa else dictionary,
                oov=oov,
                g2p=g2p,
                language=language,
                speaker=speaker,
                progress=progress,
            )
    found = _labelled(found, (phones_out, syllables), lexicon, dictionary, language)
    written = [] if output is None else [write_alignment(output, found, media=sound)]
    if not quiet:
        recognised = tier_table(found.phones, label="phone", is_silence=is_silence)
        screen().print(alignment_table(found) if found.text else recognised)
        show_warnings(found.warnings)
        show_written(*written)


def _with_form(output: Path | None, form: str | None) -> Path | None:
    """Where one alignment is written: a name without an ending gets that of its form, as has the standard output."""
    if output is None:
        return None
    suffix = f".{form or 'TextGrid'}"
    if form is not None and output != STANDARD_STREAM and output.suffix.lower() != suffix.lower():
        if output.suffix:
            raise typer.BadParameter(f"--format {form} is not what {output.name} ends in; leave one of the two out")
        return output.with_suffix(suffix)
    return output_for(output, suffix)


def _refuse_words(given: dict[str, object], oov: str, g2p: str) -> None:
    """Refuse what is about words where phones are given."""
    about = {**given, "--oov": None if oov == "error" else oov, "--g2p": g2p or None}
    if named := [name for name, value in about.items() if value is not None]:
        raise typer.BadParameter(f"{named[0]} is about words; with --phones there are none: give one of the two")


def _labelled(
    found: Alignment,
    shown: tuple[str | None, bool],
    lexicon: Path | None,
    dictionary: Path | None,
    language: str | None,
) -> Alignment:
    """The alignment with its phones as --phones-out, and the syllables that --syllables, asks for."""
    alphabet, syllables = shown
    if alphabet is None and not syllables:
        return found
    # It loads the lexicon.
    from visalign.forced_alignment.aligner import whole_lexicon
    from visalign.forced_alignment.phone_labels import with_labels

    return with_labels(found, alphabet, whole_lexicon(lexicon, dictionary, language), syllables=syllables)


def _refuse_pronunciations(lexicon: Path | None, oov: str, g2p: str, language: str | None) -> None:
    given = {
        "--lexicon": lexicon is not None,
        "--oov": oov != "error",
        "--g2p": bool(g2p),
        "--language": language is not None,
    }
    for option in (name for name, is_given in given.items() if is_given):
        raise typer.BadParameter(
            f"{option} does nothing with --aligner mfa, which pronounces words by its own dictionary: give it as "
            "--dictionary FILE with the words added, or let MFA guess with --g2p-model MODEL"
        )


def mfa_aligner(
    models: Sequence[str],
    search: tuple[str, int, int],
    program: Path | None,
    environment: str | None,
    timeout: float,
) -> MfaAligner:
    """The real Montreal Forced Aligner, as the options ask for it."""
    # These load numpy and soundfile.
    from visalign.forced_alignment.mfa import MfaAligner
    from visalign.forced_alignment.mfa_program import MfaSettings, find_mfa

    acoustic_model, dictionary = models
    return MfaAligner(
        MfaSettings(acoustic_model, dictionary, *search), replace(find_mfa(program, environment), timeout=timeout)
    )


def _aligned(
    audio: Audio, said: str | Sequence[Cue] | Phones, *, aligner: Engine, shown: tuple[str | None, bool], **words: Any
) -> Alignment:
    """One of many recordings, by its words or its phones."""
    # As above.
    from visalign.language.phone_lists import Phones

    if isinstance(said, Phones):
        found = visalign.force_align(audio, phones=said, aligner=aligner)
    else:
        found = visalign.force_align(audio, said, aligner=aligner, **words)
    return _labelled(found, shown, words["lexicon"], words["dictionary"], words["language"])


def _align_many(
    source: Path,
    output: Path | None,
    form: str | None,
    streams: tuple[int | None, str | None],
    *,
    adapt: bool,
    overwrite: bool,
    quiet: bool,
    options: dict[str, Any],
) -> None:
    """Align a folder or the rows of a table; exit with 3 where one failed."""
    # These load numpy and PocketSphinx.
    from visalign.corpora.folder_alignment import align_recordings, find_recordings, pools_of
    from visalign.forced_alignment.pooling import may_be_pooled
    from visalign.language.languages import chosen_language

    if output is None:
        raise typer.BadParameter("give the folder for the results with -o FOLDER")
    suffix, (track, channel) = f".{form or 'TextGrid'}", streams
    recordings = find_recordings(source)
    n_failed = 0

    def in_language(recording: Recording) -> str | None:
        return recording.language or options["language"]

    def heard(recording: Recording, said: Said, engine: Engine) -> Alignment:
        sound = visalign.read_audio(recording.path, track=track, channel=channel)
        return _aligned(sound, said, **options | {"aligner": engine, "language": in_language(recording)})

    engine = options["aligner"]
    pooled = [x for x in recordings if x.has_phones or chosen_language(in_language(x)).code]
    if not adapt or not may_be_pooled(engine):
        pooled = []
    with progress_line(enabled=not quiet) as progress:
        adapted = pools_of(pooled, heard, refine=engine.refine, progress=progress) if len(pooled) > 1 else {}
        known = {x.path: adapted.get(x.speaker, engine) for x in pooled}
        progress(f"aligning {recordings[0].path.name}", 0.0)
        done = align_recordings(
            recordings,
            output,
            suffix,
            lambda recording, said: heard(recording, said, known.get(recording.path, engine)),
            overwrite=overwrite,
        )
        for number, one in enumerate(done, start=1):
            progress(f"aligned {one.recording.path.name}", number / len(recordings))
            n_failed += one.error is not None
            _tell(one, quiet=quiet)
    if not quiet:
        screen().print(
            f"Aligned {len(recordings) - n_failed} of {len(recordings)} recordings into {output}", soft_wrap=True
        )
    raise typer.Exit(3 if n_failed else 0)


def _tell(one: Aligned, *, quiet: bool) -> None:
    """Say what became of one of many recordings, where it failed or there is something to know."""
    if one.error is not None:
        show_failure(one.recording.path, one.error)
    elif one.alignment is not None and one.alignment.warnings and not quiet:
        first, more = one.alignment.warnings[0], len(one.alignment.warnings) - 1
        rest = f" (and {more} more)" if more else ""
        screen().print(f"{one.recording.name}: {first}{rest}", style="yellow", soft_wrap=True)
