"""``visalign export``: a mouth's timeline, curves, annotations or markers in the file of another program."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from visalign.commands.choices import known
from visalign.commands.console import facts_table, progress_line, screen, show_failure, show_warnings, show_written
from visalign.commands.exit_codes import CHECK_FAILED, DONE, NOT_ANALYSED
from visalign.commands.given import refuse_lonely_language, said
from visalign.commands.options import (
    OUTPUT,
    Aligner,
    Edits,
    Fps,
    Language,
    LeadFrames,
    Lexicon,
    Map,
    NeededOutput,
    Overwrite,
    Quiet,
    Shapes,
    Text,
    Transcript,
    output_for,
)
from visalign.errors import BAD_DATA, ConfigError, KeptFile, did_you_mean
from visalign.files.standard_output import STANDARD_STREAM, is_for_stdout

if TYPE_CHECKING:
    from visalign.animation.mouth_audit import MouthAudit
    from visalign.exports.exporter import Exporter, ExportOptions
    from visalign.exports.hand_edits import Edit
    from visalign.exports.utterance import Utterance

__all__ = [
    "EXPORT_EPILOG",
    "audit_beside",
    "audit_row",
    "export",
    "parse_rate",
    "read_edits_for",
    "show_audits",
    "split_shapes",
]

EXPORT_EPILOG = (
    'visalign export line.wav --text "bin blue at f two now" -o line.json\n\n'
    "visalign export clip.mp4 -t clip.txt --format moho-dat --fps 24 --lead-frames 1 -o line.dat\n\n"
    'visalign export zeile.wav --text "Guten Morgen" --language de --format livelink-csv -o zeile.csv\n\n'
    "visalign export line.TextGrid --rig head.glb -o talking.glb\n\n"
    "visalign export lines/*.wav --format moho-dat -o mouths/    (line.wav beside line.txt; or --transcript FOLDER)\n\n"
    "visalign export lines/ --format spine -o mouths/ --gate    (exit code 1 where a closure is missed …)\n\n"
    "visalign export --list    (all formats, and how each was verified)"
)

# What people write for the rates of North American television.
_NTSC = {"23.976": (24000, 1001), "23.98": (24000, 1001), "29.97": (30000, 1001), "59.94": (60000, 1001)}
_NTSC |= {"47.952": (48000, 1001), "119.88": (120000, 1001)}


def parse_rate(text: str) -> Fraction:
    """Frames a second from ``24``, ``29.97`` or ``30000/1001``.

    Examples
    --------
    >>> parse_rate("29.97"), parse_rate("12.5"), parse_rate("24000/1001")
    (Fraction(30000, 1001), Fraction(25, 2), Fraction(24000, 1001))

    Raises
    ------
    ConfigError
        If it is no number.
    """
    try:
        return Fraction(*_NTSC[text]) if text in _NTSC else Fraction(text)
    except BAD_DATA as error:
        raise ConfigError("fps", text, "a number of frames a second, as 24, 29.97 or 30000/1001") from error


def export(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="IN...",
            help="Sound or clip, TextGrid, EAF, CTM, CSV, or a JSON of visalign; or many, or a folder.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        NeededOutput("File to write; its ending names the format. Of many a folder; - for standard output."),
    ] = None,
    form: Annotated[
        str | None,
        known(
            "--format",
            names=lambda: _formats(),
            help="Form of what is written; by default what its name ends in. --list shows all.",
            panel=OUTPUT,
        ),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Show all formats.", rich_help_panel=OUTPUT)] = False,
    transcript: Transcript = None,
    text: Text = None,
    lexicon: Lexicon = None,
    language: Language = None,
    aligner: Aligner = None,
    fps: Fps = None,
    start_frame: Annotated[int | None, typer.Option(help="Number of the first frame.")] = None,
    lead_frames: LeadFrames = 0.0,
    min_hold_frames: Annotated[int, typer.Option(help="How long a shape stands at least.")] = 1,
    closure_hold_frames: Annotated[int, typer.Option(help="How long a closed mouth stands at least.")] = 2,
    tweens: Annotated[bool, typer.Option(help="In-between shapes.")] = True,
    early_closures: Annotated[bool, typer.Option(help="Close the lips 0.04 to 0.12 s before P B M.")] = False,
    rest_after: Annotated[float, typer.Option(help="Seconds of silence after which the mouth rests.")] = 1 / 3,
    shapes: Shapes = None,
    viseme_map: Map = None,
    recipe: Annotated[str | None, typer.Option(help="How channels make visemes: a name or a TOML file.")] = None,
    max_error: Annotated[float, typer.Option(help="Error that fewer keys may cost; 0 keeps every key.")] = 0.01,
    rig: Annotated[Path | None, typer.Option(help="Your own GLB to put the animation into.")] = None,
    target: Annotated[str | None, typer.Option(help="Mesh, node or object that is animated.")] = None,
    edits: Edits = None,
    make_edits: Annotated[
        bool, typer.Option("--make-edits", help="Begin an empty OUTPUT.edits.csv.", rich_help_panel=OUTPUT)
    ] = False,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit",
            help="Say whether closures and F V are met, and what flickers; OUTPUT.audit.json has it all.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    gate: Annotated[
        bool, typer.Option("--gate", help="As --audit, and exit with 1 where it finds a fault.", rich_help_panel=OUTPUT)
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a mouth's timeline for rigs, curves for faces, tiers for linguists, markers for editors."""
    if show_list:
        _show_formats()
        return
    if not sources or output is None:
        raise typer.BadParameter("give IN and -o FILE; `visalign export --list` shows the formats and their endings")
    # These load numpy, and what reads sound.
    from visalign.exports.exporter import ExportOptions, load_exporter
    from visalign.exports.reading import read_utterance

    exporter = load_exporter(form or _format_of(output)) if form in (None, *_formats()) else _refuse_format(form)
    options = ExportOptions(
        rate=None if fps is None else parse_rate(fps),
        first_frame=start_frame,
        lead_frames=lead_frames,
        hold_frames=min_hold_frames,
        closure_frames=closure_hold_frames,
        tweens=tweens,
        rest_after=rest_after,
        early_closures=early_closures,
        shapes=split_shapes(shapes),
        mouths=viseme_map,
        recipe=recipe,
        max_error=max_error,
        model=rig,
        target=target,
    )
    read = partial(read_utterance, lexicon=lexicon, aligner=aligner, language=language)
    how = _How(exporter, options, read, make_edits, audit or gate, gate, overwrite, quiet)
    if how.audit and (exporter.family not in ("cues", "weights") or output == STANDARD_STREAM):
        raise typer.BadParameter(
            "--audit looks at a mouth and is written beside it: give a format of mouth cues or weight curves "
            "(`visalign export --list`), and a file with -o"
        )
    if len(sources) > 1 or sources[0].is_dir() or (output.is_dir() and text is None):
        _refuse_for_many(output, {"--text": text, "--edits": edits})
        refuse_lonely_language(language, sources)
        _export_many(sources, transcript, output, how)
        return
    if output.is_dir():
        output /= sources[0].with_suffix("").name + exporter.suffix
    output = output_for(output, exporter.suffix) or output
    inputs = [x for x in (sources[0], transcript, lexicon, rig, edits) if x is not None]
    words = said(text, transcript)
    refuse_lonely_language(language, words)
    _export_one(sources[0], words, output, edits, inputs, how)


@dataclass(frozen=True, slots=True)
class _How:
    """What the options ask for, whatever is exported."""

    exporter: Exporter
    options: ExportOptions
    read: Callable[[Path, Any], Utterance]
    make_edits: bool
    audit: bool
    gate: bool
    overwrite: bool
    quiet: bool

    def options_for(self, output: Path, edits: Path | None = None) -> ExportOptions:
        """With the edits of a result."""
        return replace(self.options, edits=read_edits_for(output, edits, make=self.make_edits))


def _export_one(
    source: Path, words: object, output: Path, edits: Path | None, inputs: Sequence[Path], how: _How
) -> None:
    # As above.
    from visalign.exports.exporter import write_export
    from visalign.files.outputs import check_output

    check_output(output, suffixes=[output.suffix], overwrite=how.overwrite, inputs=inputs)
    if how.audit:
        check_output(audit_beside(output), suffixes=(".json",), overwrite=how.overwrite, inputs=inputs)
    options = how.options_for(output, edits)
    utterance = how.read(source, words)
    write_export(output, utterance, how.exporter, options)
    audits = {source.name: _audited(output, utterance, options, how)} if how.audit else {}
    if not how.quiet:
        show_warnings(utterance.warnings)
        _report(how.exporter, options)
        show_audits(audits, how.exporter.family)
        show_written(output, *(audit_beside(output) for _ in audits))
    if how.gate and any(x.findings for x in audits.values()):
        raise typer.Exit(CHECK_FAILED)


def _audited(output: Path, utterance: Utterance, options: ExportOptions, how: _How) -> MouthAudit:
    """The audit of an export, written beside it."""
    # As above.
    from visalign.exports.export_audit import audit_export
    from visalign.files.outputs import keep_edited
    from visalign.files.text_files import write_text

    found = audit_export(utterance, how.exporter, options)
    keep_edited(audit_beside(output), overwrite=how.overwrite)
    write_text(audit_beside(output), json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n")
    return found


def _refuse_for_many(output: Path, one: dict[str, object]) -> None:
    if is_for_stdout(output) or output == STANDARD_STREAM:
        raise typer.BadParameter("many files need a folder: give it with -o FOLDER")
    if given := [name for name, value in one.items() if value is not None]:
        raise typer.BadParameter(f"{given[0]} is about one recording; of many each has its own beside it")


def _export_many(sources: Sequence[Path], transcripts: Path | None, output: Path, how: _How) -> None:
    """Export several files, or a folder; exit with 3 where one failed."""
    # As above.
    from visalign.corpora.folder_export import export_sources, find_sources

    if transcripts is not None and not transcripts.is_dir():
        raise typer.BadParameter(
            "--transcript of many files is the folder in which their texts lie, under the names of the recordings; "
            f"{transcripts} is no folder"
        )
    recordings = find_sources(sources, transcripts)
    n_failed = 0
    audits: dict[str, MouthAudit] = {}
    with progress_line(enabled=not how.quiet) as progress:
        progress(f"exporting {recordings[0].path.name}", 0.0)
        done = export_sources(recordings, output, how.exporter, how.options_for, how.read, overwrite=how.overwrite)
        for number, one in enumerate(done, start=1):
            progress("exporting", number / len(recordings))
            error = one.error
            if how.audit and one.written is not None and one.utterance is not None:
                try:
                    audits[one.recording.name] = _audited(one.written, one.utterance, one.options or how.options, how)
                except KeptFile as kept:
                    error = kept
            if error is not None:
                n_failed += 1
                show_failure(one.recording.path, error)
            if one.utterance is not None and not how.quiet:
                show_warnings(f"{one.recording.name}: {x}" for x in one.utterance.warnings)
    if not how.quiet:
        show_audits(audits, how.exporter.family)
        _report(how.exporter, how.options)
        n_done = len(recordings) - n_failed
        screen().print(f"Exported {n_done} of {len(recordings)} recordings into {output}", soft_wrap=True)
    is_faulty = how.gate and any(x.findings for x in audits.values())
    raise typer.Exit(NOT_ANALYSED if n_failed else CHECK_FAILED if is_faulty else DONE)


_MOST_SHOWN = 8  # findings; the file has them all


def audit_beside(output: Path) -> Path:
    """Where the audit of an export is written."""
    return output.with_name(f"{output.name}.audit.json")


def show_audits(audits: Mapping[str, MouthAudit], family: str) -> None:
    """A row a file, and below it what was found."""
    if not audits:
        return
    header = ("audit", ">P B M", ">closes, ms", ">F V", ">jaw, openings/s", ">flicker", ">open in silence, s")
    screen().print(facts_table(header, [audit_row(name, x) for name, x in audits.items()]))
    found = [(name, x) for name, audit in audits.items() for x in audit.findings]
    for name, x in found[:_MOST_SHOWN]:
        screen().print(f"{name}, {x.start:.2f} s: {x.told}", soft_wrap=True)
    if len(found) > _MOST_SHOWN:
        screen().print(f"and {len(found) - _MOST_SHOWN} more, in the .audit.json beside each file")
    if family == "cues" and any(x.kind == "flicker" for _, x in found):
        screen().print("--min-hold-frames 2 (or more) holds each mouth longer.")


def audit_row(name: str, audit: MouthAudit) -> tuple[str, ...]:
    """The cells of an audit."""
    begins = audit.closures_begin_seconds
    return (
        name,
        f"{audit.closures_met}/{audit.closures_asked}",
        "" if begins is None else f"{1000 * begins:+.0f}",
        f"{audit.bites_met}/{audit.bites_asked}",
        f"{audit.fastest_jaw:.0f}",
        str(audit.flickers),
        f"{audit.open_in_silence_seconds:.2f}",
    )


def _formats() -> list[str]:
    # Loads the rooms of exports.
    from visalign.exports.exporter import EXPORTERS

    return list(EXPORTERS)


def _refuse_format(name: str | None) -> NoReturn:
    near = did_you_mean(name or "", _formats())
    raise typer.BadParameter(
        f"--format {name}: there is no such format.{near or ' `visalign export --list` shows all of them'}"
    )


def _format_of(output: Path) -> str:
    """The format that a name's ending stands for; of several the usual one, where there is one."""
    # Loads the rooms of exports.
    from visalign.exports.exporter import load_exporter

    name = output.name.lower()
    fitting = [x for x in _formats() if name.endswith(load_exporter(x).suffix.lower())]
    longest = max((len(load_exporter(x).suffix) for x in fitting), default=0)
    fitting = [x for x in fitting if len(load_exporter(x).suffix) == longest]
    usual = [x for x in fitting if x in _USUAL] if len(fitting) > 1 else fitting
    if len(usual) == 1:
        return usual[0]
    if fitting:
        raise typer.BadParameter(f"several formats end as {output.name} does: say --format {' or '.join(fitting)}")
    raise typer.BadParameter(f"{output.name} does not tell the format: say --format NAME, see `visalign export --list`")


_USUAL = ("rhubarb-json", "textgrid")  # what .json and .TextGrid mean where no format is named


def split_shapes(text: str | None) -> tuple[str, ...] | None:
    """Names of shapes from ``ABCDEF`` or ``aa,E,oh``."""
    if text is None:
        return None
    return tuple(x.strip() for x in text.split(",")) if "," in text else tuple(text)


def read_edits_for(output: Path, given: Path | None, *, make: bool = False) -> tuple[Edit, ...]:
    """The edits of `given`, else those beside `output`; an empty file there first, if it is to be made."""
    # These load numpy and praatio.
    from visalign.exports.hand_edits import EDIT_COLUMNS, edits_beside, read_edits
    from visalign.files.text_files import format_table, write_text

    beside = edits_beside(output)
    if make and not is_for_stdout(output) and not beside.exists():
        write_text(beside, format_table((*EDIT_COLUMNS, "note"), []))
    if given is not None:
        return read_edits(given)
    return read_edits(beside) if beside.exists() else ()


def _report(exporter: Exporter, options: ExportOptions) -> None:
    rate = options.rate or exporter.rate
    first = exporter.first_frame if options.first_frame is None else options.first_frame
    frames = "" if exporter.family == "annotation" else f"; {rate} frames a second, the first is {first}"
    screen().print(f"{exporter.title} (--format {exporter.name}){frames}.")
    if options.edits:
        screen().print(f"{len(options.edits)} edit(s) by hand are in it.")


def _show_formats() -> None:
    # Loads numpy.
    from visalign.exports.exporter import EXPORTERS, load_exporter

    rows = [(x.name, x.family, x.suffix, x.title, x.verified) for x in map(load_exporter, EXPORTERS)]
    screen().print(facts_table(("format", "kind", "ending", "for", "how it was verified"), rows))
