"""Options that several commands have: each is declared here, once, and means the same wherever it stands.

docs/design.md lists them, and a test over all commands holds that no name has two meanings. Times are seconds, unless
another unit stands in the name (``--lead-ms``, ``--lead-frames``, ``--size-px``), as in Python.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visalign.commands.choices import choice, known, known_maps
from visalign.config import OOV_POLICIES, PROFILE_SUFFIX, PROFILES, RECOGNISED
from visalign.files.standard_output import STANDARD_STREAM, standard_output

if TYPE_CHECKING:
    from visalign.lips.kept_lips import LipCache

__all__ = [
    "Aligner",
    "AlignmentFile",
    "AlignmentForm",
    "AlignmentShift",
    "Audio",
    "Channel",
    "Csv",
    "Edits",
    "End",
    "Enhancement",
    "Face",
    "Force",
    "Fps",
    "G2p",
    "Grammar",
    "Html",
    "Images",
    "Jobs",
    "Json",
    "JsonLines",
    "Language",
    "Layout",
    "LeadFrames",
    "Lexicon",
    "Map",
    "MaxLag",
    "MemoryLimit",
    "Model",
    "NeededOutput",
    "NoCache",
    "Oov",
    "Overwrite",
    "Pages",
    "Parquet",
    "Plot",
    "Port",
    "Profile",
    "Quiet",
    "Recognise",
    "Reference",
    "Report",
    "Seed",
    "Settings",
    "Shapes",
    "Speaker",
    "Start",
    "Strict",
    "Subtitles",
    "Text",
    "TimeLimit",
    "Track",
    "Transcript",
    "VideoTrack",
    "lips_kept",
    "output_for",
    "written",
]

SAID, SOURCE, JUDGED, OUTPUT, SPEED = (
    "What is said",
    "Which sound and picture",
    "What to judge by",
    "Output",
    "How it is run",
)
"""Headings of the help."""


def written(name: str, suffix: str, *, help: str) -> Any:
    """An option that names a file to write, or ``-`` for the standard output; `suffix` tells what is in it."""
    return typer.Option(name, help=help, callback=lambda value: output_for(value, suffix), rich_help_panel=OUTPUT)


def _judged(name: str, help: str) -> Any:
    return typer.Option(name, help=help, rich_help_panel=JUDGED)


# --- what is said -------------------------------------------------------------------------------------------------

Transcript = Annotated[
    Path | None,
    typer.Option(
        "--transcript",
        "-t",
        help="What is said: text, subtitles, TextGrid, EAF; - for piped-in text.",
        rich_help_panel=SAID,
    ),
]
Text = Annotated[str | None, typer.Option("--text", help="What is said, in quotes.", rich_help_panel=SAID)]
Subtitles = Annotated[
    str | None,
    typer.Option(
        "--subtitles",
        help="What is said: the subtitles inside the clip; 'default', a language (eng) or a stream's index.",
        rich_help_panel=SAID,
    ),
]
AlignmentFile = Annotated[
    Path | None,
    typer.Option(
        "--alignment",
        help="Words and phones that are aligned already: TextGrid, EAF, CTM, CSV, labels, JSON of Whisper(X), gentle …",
        rich_help_panel=SAID,
    ),
]
AlignmentShift = Annotated[
    float,
    typer.Option(
        "--alignment-shift",
        help="Seconds to add to the times of --alignment; negative: earlier.",
        rich_help_panel=SAID,
    ),
]
Speaker = Annotated[
    str | None, typer.Option("--speaker", help="Whose words, where several people speak.", rich_help_panel=SAID)
]
Language = Annotated[
    str | None,
    known(
        "--language",
        names=lambda: _languages(),
        help="Of what is said: de, fr, pt-BR, ja … (`visalign languages`); default: English.",
        panel=SAID,
    ),
]
Lexicon = Annotated[
    Path | None,
    typer.Option(
        "--lexicon", help="Pronunciations of your own: a line each, word, then its phones.", rich_help_panel=SAID
    ),
]
Oov = Annotated[
    str | None,
    choice(
        "--oov",
        names=OOV_POLICIES,
        help="Words that no lexicon holds: an error (the default), guessed, or skipped.",
        panel=SAID,
    ),
]
G2p = Annotated[
    str | None,
    known(
        "--g2p",
        names=lambda: ("espeak:",),
        help="Who guesses them: the built-in English, espeak:LANGUAGE (espeak:de), or a model file.",
        panel=SAID,
    ),
]
Recognise = Annotated[
    str | None,
    choice(
        "--recognise",
        names=RECOGNISED,
        help="Without a text: recognise phones (the default), or words by a language model (English).",
        panel=SAID,
    ),
]
Grammar = Annotated[
    str | None,
    known(
        "--grammar",
        names=lambda: ("grid",),
        help="What may be said, to read it off the lips: JSGF, a text of sentences or words, or 'grid'.",
        panel=SAID,
    ),
]

# --- which sound and picture --------------------------------------------------------------------------------------

Audio = Annotated[
    Path | None,
    typer.Option("--audio", help="Sound in place of the clip's own, or where there is none.", rich_help_panel=SOURCE),
]
Track = Annotated[
    int | None,
    typer.Option(
        "--track",
        help="Index of the sound's stream, where there are several; the default one otherwise.",
        rich_help_panel=SOURCE,
    ),
]
Channel = Annotated[
    str | None,
    typer.Option(
        "--channel", help="One channel of the sound alone: left, right, or its number from 0.", rich_help_panel=SOURCE
    ),
]
VideoTrack = Annotated[
    int | None,
    typer.Option(
        "--video-track",
        help="Index of the video stream; by default the first one that shows a face.",
        rich_help_panel=SOURCE,
    ),
]
Face = Annotated[
    int | None,
    typer.Option("--face", help="Number of the face to judge, where the clip shows several.", rich_help_panel=SOURCE),
]
Enhancement = Annotated[
    str | None,
    known(
        "--enhance",
        names=lambda: ("auto", "off", "speech", "noisy", "align"),
        help="Clear the sound first: auto (where noise makes that worth it), a chain, or off (the default).",
        panel=SOURCE,
    ),
]

# --- what to judge by ---------------------------------------------------------------------------------------------

Map = Annotated[
    str | None,
    known(
        "--map",
        names=known_maps,
        help="Viseme map: a name (see `visalign maps list`) or a TOML file.",
        panel=JUDGED,
    ),
]
Model = Annotated[Path | None, _judged("--model", "Lip model made by `visalign train`, in place of the shipped one.")]
Settings = Annotated[Path | None, _judged("--config", "TOML file with settings.")]
Profile = Annotated[
    str | None,
    choice(
        "--profile",
        names=tuple(PROFILES),
        suffix=PROFILE_SUFFIX,
        help="Whose limits count; ebu_r37 by default. `dubbing`, or a file of one's own, has a release gate.",
        panel=JUDGED,
    ),
]
Strict = Annotated[bool, _judged("--strict", "In sync only where the whole 95 % interval is within the limits.")]
Reference = Annotated[
    Path | None, _judged("--reference", "A clip of the same speaker and camera in sync: its own lead is taken off.")
]
MaxLag = Annotated[
    float | None,
    typer.Option(
        "--max-lag", help="Search the offset within ± this many seconds (0.6; up to 600).", rich_help_panel=JUDGED
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Go by the best estimate, even where it is not certain.", rich_help_panel=JUDGED)
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="The JSON report of `visalign check` on this clip; it is not checked anew.",
        rich_help_panel=JUDGED,
    ),
]

# --- output -------------------------------------------------------------------------------------------------------

Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace files that hold something else, corrected by hand perhaps.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print nothing but errors; the exit code tells.", rich_help_panel=OUTPUT),
]
Json = Annotated[
    Path | None,
    written("--json", ".json", help="Write everything as JSON; - (or no name) for the standard output."),
]
Csv = Annotated[
    Path | None,
    written("--csv", ".csv", help="Write the table as CSV; - for the standard output."),
]
AlignmentForm = Annotated[
    str | None,
    choice(
        "--format",
        names=("TextGrid", "json", "csv", "eaf", "ctm"),
        help="Form of what is written; by default what its name ends in, else TextGrid.",
        panel=OUTPUT,
    ),
]
Fps = Annotated[
    str | None, typer.Option("--fps", help="Frames a second: 24, 29.97, 24000/1001 …", rich_help_panel=OUTPUT)
]
LeadFrames = Annotated[
    float,
    typer.Option("--lead-frames", help="How many frames the mouth comes before the sound.", rich_help_panel=OUTPUT),
]
Shapes = Annotated[
    str | None,
    typer.Option("--shapes", help="Shapes that the rig has: ABCDEF, or names with commas.", rich_help_panel=OUTPUT),
]
Images = Annotated[
    Path | None,
    typer.Option("--images", help="Folder of your own pictures, one a shape.", rich_help_panel=OUTPUT),
]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page, that opens offline.", rich_help_panel=OUTPUT)]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", help="Draw it: .png, .svg or .pdf (needs Matplotlib).", rich_help_panel=OUTPUT),
]
Edits = Annotated[
    Path | None,
    typer.Option("--edits", help="CSV of changes by hand; default: OUTPUT.edits.csv.", rich_help_panel=OUTPUT),
]
Start = Annotated[float | None, typer.Option("--start", help="Draw from this second on.", rich_help_panel=OUTPUT)]
End = Annotated[float | None, typer.Option("--end", help="Draw up to this second.", rich_help_panel=OUTPUT)]
Pages = Annotated[
    bool, typer.Option("--pages", help="Write a page a clip, and index.html over them all.", rich_help_panel=OUTPUT)
]
Parquet = Annotated[bool, typer.Option("--parquet", help="Write summary.parquet as well.", rich_help_panel=OUTPUT)]
JsonLines = Annotated[
    bool, typer.Option("--json-lines", help="Tell progress as JSON, a line an event.", rich_help_panel=OUTPUT)
]

# --- how it is run ------------------------------------------------------------------------------------------------

Aligner = Annotated[
    str | None,
    choice(
        "--aligner",
        names=("gmm_hmm", "any_language", "pocketsphinx", "mfa"),
        help="Who finds the phones: gmm_hmm by default.",
        panel=SPEED,
    ),
]
Layout = Annotated[
    str,
    choice(
        "--as",
        names=("grid", "timit", "tcd-timit", "lrs", "voxceleb", "folder", "lhotse", "kaldi"),
        help="Which corpus it is, or how its folders lie (`visalign corpus --help`).",
        panel=SAID,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Processes at once; one a processor by default.", rich_help_panel=SPEED),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Another seed, other chance.", rich_help_panel=SPEED)]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit", help="Seconds a clip; by default 120 and 30 times its duration.", rich_help_panel=SPEED
    ),
]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Read the lips anew and keep nothing of them (see `visalign cache`).",
        rich_help_panel=SPEED,
    ),
]
Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0: any that is free.", rich_help_panel=SPEED),
]
MemoryLimit = Annotated[str, typer.Option("--memory-limit", help="Memory a clip: 3G, 800M.", rich_help_panel=SPEED)]


def NeededOutput(what: str) -> Any:  # noqa: N802 - it stands where the names above stand
    """The option for what a command writes, for use in ``Annotated``; `what` tells its endings, or what is in it."""
    return typer.Option("--output", "-o", help=what, rich_help_panel=OUTPUT)


# --- what they have in common -------------------------------------------------------------------------------------


def output_for(path: Path | None, suffix: str) -> Path | None:
    """`path`, or for ``-`` a file in its place that goes to the standard output (`suffix` tells what is in it)."""
    return standard_output(suffix) if path == STANDARD_STREAM else path


def lips_kept(no_cache: bool) -> LipCache | None:
    """Where this command keeps lips: the user's own folder, or nowhere."""
    if no_cache:
        return None
    # Loads the package of the lips, which a command that reads them loads anyhow.
    from visalign.lips.kept_lips import own_cache

    return own_cache()


def _languages() -> list[str]:
    # Loads the lexicon's room.
    from visalign.language.languages import known_languages

    return list(known_languages())
