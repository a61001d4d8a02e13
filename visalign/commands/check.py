"""``visalign check``: whether sound and lips of a clip are in sync."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.console import (
    judged_parts,
    print_json,
    progress_line,
    screen,
    show_warnings,
    styled_summary,
)
from visalign.commands.exit_codes import CHECK_FAILED, DONE, EXIT_CODES
from visalign.commands.options import (
    AlignmentFile,
    AlignmentShift,
    Channel,
    Language,
    Overwrite,
    Profile,
    Strict,
    Subtitles,
    VideoTrack,
    chosen_settings,
    refuse_lonely_language,
    refuse_lonely_shift,
    refuse_missing,
    said,
)
from visalign.files.outputs import check_output, keep_edited

if TYPE_CHECKING:
    from visalign.reports.clip_report import ClipReport

__all__ = ["CHECK_EPILOG", "check", "show_report"]

STDOUT = Path("-")

CHECK_EPILOG = (
    'visalign check clip.mp4 --text "bin blue at f two now"\n\n'
    "visalign check clip.mp4 --audio dub.wav --transcript dub.txt --csv words.csv --textgrid clip.TextGrid\n\n"
    "visalign check episode.mp4 --transcript episode.srt    (each cue aligned in its own time)\n\n"
    "visalign check clip.mp4 --alignment corrected.TextGrid    (words and phones as they stand there)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --html clip.html\n\n"
    "visalign check dub.mp4 --transcript dub.txt --grammar lines.txt    (and how readable the lips are)\n\n"
    "visalign check clip.mp4 --transcript clip.txt --profile film --strict    (other limits; in doubt uncertain)\n\n"
    "visalign check clip.mp4 --json - | jq .sync.lead_seconds\n\n"
    "Without a transcript the phones are recognised: offset and confidence, but no words.\n\n" + EXIT_CODES
)

Transcript = Annotated[
    Path | None,
    typer.Option("--transcript", "-t", help="What is said: text, subtitles, TextGrid, EAF; - for piped-in text."),
]
Text = Annotated[str | None, typer.Option("--text", help="What is said, in quotes.")]
Lexicon = Annotated[Path | None, typer.Option(help="Pronunciations of your own: a line each, word, then its phones.")]
Map = Annotated[str | None, typer.Option("--map", help="Viseme map: a name (see `visalign maps list`) or a TOML file.")]
Model = Annotated[Path | None, typer.Option(help="Lip model made by `visalign train`, in place of the shipped one.")]
Settings = Annotated[Path | None, typer.Option("--config", help="TOML file with settings.")]
Face = Annotated[int | None, typer.Option(help="Number of the face to judge, where the clip shows several.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors; the exit code tells.")]


def check(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks.")],
    audio: Annotated[Path | None, typer.Option(help="Check this sound instead of the clip's own.")] = None,
    transcript: Transcript = None,
    text: Text = None,
    subtitles: Subtitles = None,
    alignment: AlignmentFile = None,
    alignment_shift: AlignmentShift = 0.0,
    speaker: Annotated[str | None, typer.Option(help="Whose words, where several people speak.")] = None,
    recognise: Annotated[
        str | None, typer.Option(help="Without a transcript: phones (the default) or words, by a language model.")
    ] = None,
    lexicon: Lexicon = None,
    language: Language = None,
    oov: Annotated[str | None, typer.Option(help="Words that no lexicon holds: error, g2p (guess) or skip.")] = None,
    viseme_map: Map = None,
    model: Model = None,
    config: Settings = None,
    face: Face = None,
    track: Annotated[
        int | None,
        typer.Option(help="Index of the sound's stream, where there are several; the default one otherwise."),
    ] = None,
    channel: Channel = None,
    video_track: VideoTrack = None,
    enhancement: Annotated[
        str, typer.Option("--enhance", help="Clear the sound first: auto (where noise makes that worth it) or a chain.")
    ] = "off",
    max_lag: Annotated[
        float | None, typer.Option(help="Search the offset within ± this many seconds (0.6; up to 600).")
    ] = None,
    profile: Profile = None,
    strict: Strict = False,
    grammar: Annotated[
        str | None, typer.Option(help="Read words off the lips too: what may be said, JSGF, sentences, or 'grid'.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the words as CSV.")] = None,
    segments: Annotated[
        Path | None, typer.Option(help="Write words, phones, phrases and windows of 1 s, with all measures, as CSV.")
    ] = None,
    textgrid: Annotated[Path | None, typer.Option(help="Write the tiers as a Praat TextGrid.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with a player, that opens offline.")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Tell whether sound and lips of a clip are in sync: the offset, and every word; of a long one every cue or phrase,
    and of a very long one where it is not in sync.
    """
    to_stdout = json == STDOUT
    inputs = (video, audio, transcript, alignment, lexicon, model, config)
    outputs = _checked_outputs({".json": None if to_stdout else json, ".csv": csv, ".TextGrid": textgrid}, inputs)
    if textgrid is not None:
        keep_edited(textgrid, overwrite=overwrite)
    pages, tables = _checked_outputs({".html": html}, inputs), _checked_outputs({".csv": segments}, inputs)
    settings = chosen_settings(
        config,
        lexicon=lexicon,
        language=language,
        oov=oov,
        recognise=recognise,
        viseme_map=viseme_map,
        max_lag=max_lag,
        profile=profile,
        strict=strict,
    )
    refuse_lonely_shift(alignment, alignment_shift)
    spoken = said(text, transcript, subtitles, video)
    refuse_lonely_language(language, spoken, alignment)
    refuse_missing(audio, video)
    with progress_line(enabled=not quiet) as progress:
        chain = None if enhancement == "off" else enhancement
        report = visalign.check(
            video,
            spoken,
            alignment=alignment,
            alignment_shift=alignment_shift,
            speaker=speaker,
            audio=audio,
            model=model,
            config=settings,
            enhancement=chain,
            evidence=bool(pages),
            details=("word", "phone", "phrase", "window") if tables else (),
            face=face,
            track=track,
            channel=channel,
            video_track=video_track,
            grammar=grammar,
            progress=progress,
        )
        for path in pages:
            progress("writing the page", None)
            report.write(path)
    for path in outputs:
        report.write(path)
    for path in tables:
        report.write_details(path)
    if to_stdout:
        _print_json(report)
    if not quiet:
        show_report(report, [*outputs, *tables, *pages], stderr=to_stdout)
    raise typer.Exit(DONE if report.sync.verdict == "in-sync" else CHECK_FAILED)


def _checked_outputs(wanted: Mapping[str, Path | None], inputs: Iterable[Path | None]) -> list[Path]:
    present = [path for path in inputs if path is not None]
    return [
        check_output(path, suffixes=(suffix,), inputs=present) for suffix, path in wanted.items() if path is not None
    ]


def _print_json(report: ClipReport) -> None:
    # Loads numpy and praatio, which the report has loaded already.
    from visalign.files.text_files import format_json

    print_json(format_json(report.to_dict()))


def show_report(report: ClipReport, outputs: Sequence[Path], *, stderr: bool = False) -> None:
    """Print what was found, and where it was written."""
    console = screen(stderr=stderr)
    console.print(styled_summary(report))
    if report.judged_words:
        console.print(judged_parts(report))
    elif report.clip.transcript is None:
        console.print("No transcript was given: phones were recognised, so there are no words to judge.")
    show_warnings(report.warnings, stderr=stderr)
    for model in (model for model in report.clip.models if model.binds):
        console.print(f"Model: {model.name} ({model.licence})", style="dim")
    _show_written(outputs, stderr=stderr)


def _show_written(outputs: Iterable[Path], *, stderr: bool = False) -> None:
    for path in outputs:
        # Not wrapped: a path that is broken over two lines can't be copied.
        screen(stderr=stderr).print(f"Wrote {path}", soft_wrap=True)
