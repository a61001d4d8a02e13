"""``visalign maps``: look at phoneme→viseme maps, check one, learn one from clips, and see which fits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.commands.choices import known, known_maps
from visalign.commands.console import facts_table, progress_line, screen, show_warnings, show_written
from visalign.commands.given import refuse_missing, said_text
from visalign.commands.options import (
    JUDGED,
    Csv,
    Grammar,
    Images,
    Lexicon,
    Map,
    NeededOutput,
    Overwrite,
    Plot,
    Quiet,
    Text,
    Transcript,
)
from visalign.config import SyncParams

if TYPE_CHECKING:
    from visalign.language.lexicon import Lexicon as Words
    from visalign.training.map_evaluation import MapFit
    from visalign.training.map_learning import LearntMap
    from visalign.training.prepared_clips import PreparedClip

__all__ = ["maps_app"]

CHECK_FAILED = 1

maps_app = typer.Typer(help="Look at phoneme→viseme maps, check your own, learn one from clips.", no_args_is_help=True)

MapName = Annotated[str, typer.Argument(metavar="NAME", help="Name of a shipped map, or a TOML file.")]
Clips = Annotated[Path, typer.Argument(metavar="CLIPS", help="Folder of clips with their transcripts, or a manifest.")]
Corpus = Annotated[str | None, typer.Option(help="What to cite as the clips' source; the folder's name by default.")]
Maps = Annotated[
    list[str] | None,
    known(
        "--map",
        names=known_maps,
        help="Viseme map: a name (see `visalign maps list`) or a TOML file.",
        panel=JUDGED,
    ),
]


# --- look -----------------------------------------------------------------------------------------------------


@maps_app.command("list")
def list_maps() -> None:
    """The shipped maps."""
    # Loads numpy, through the timeline.
    from visalign.visemes.comparison import N_ENGLISH_PHONES, english_gap, ipa_coverage
    from visalign.visemes.viseme_map import available_maps

    maps = [visalign.VisemeMap.load(name) for name in available_maps()]
    rows = []
    for x in maps:
        covers = f"{N_ENGLISH_PHONES - len(english_gap(x))}/{N_ENGLISH_PHONES}"
        foreign = len(ipa_coverage(x)["listed"])
        rows.append((x.id, len(x.visemes), covers, foreign, x.alphabet, x.confidence, x.name))
    screen().print(facts_table(("map", ">visemes", ">covers", ">IPA", "alphabet", "source", "name"), rows))
    screen().print(
        "Covers: phones of English that the source itself places. IPA: letters that it places; others get the viseme "
        "of the phones that are made most like them. Source: A read in a primary source, B in a secondary one, C "
        "recalled and partly checked.",
        style="dim",
    )


@maps_app.command("show")
def show_map(name: MapName) -> None:
    """One map: its visemes with their phones, and where it comes from."""
    # Loads numpy, through the timeline.
    from visalign.visemes.comparison import describe_map

    facts = describe_map(visalign.VisemeMap.load(name))
    console = screen()
    for key in ("name", "citation", "source", "licence", "notes", "silence", "fallback", "unlisted"):
        if facts[key]:
            value = facts[key] if isinstance(facts[key], str) else " ".join(facts[key])
            console.print(f"{key}: {value}")
    rows = [(x["id"], " ".join(x["phones"]), x["articulator"], x["description"]) for x in facts["visemes"]]
    console.print(facts_table(("viseme", "phones", "lips", "description"), rows))
    _show_extras(facts)


def _show_extras(facts: dict[str, Any]) -> None:
    console = screen()
    if facts["fill"]:
        placed = ", ".join(f"{phone} at {viseme}" for phone, viseme in facts["fill"].items())
        console.print(f"placed by the maker of the file: {placed}")
    for phone, entry in facts["sequences"].items():
        first, second = entry["visemes"]
        console.print(f"{phone}: {first}, then {second} after {entry['split']:.0%}")
    for recipe, source in facts["recipes"].items():
        console.print(f"recipe {recipe}: {source}")


@maps_app.command("compare")
def compare_two_maps(
    first: MapName,
    second: Annotated[str, typer.Argument(metavar="MAP", help="Another one.")],
    table: Annotated[bool, typer.Option("--table", help="Also the whole cross-table.")] = False,
) -> None:
    """Two maps: which phones fall together in one and apart in the other."""
    # Loads numpy, through the timeline.
    from visalign.visemes.comparison import compare_maps

    found = compare_maps(*(visalign.VisemeMap.load(name) for name in (first, second)))
    console = screen()
    if table:
        cells = [(one, other, " ".join(phones)) for (one, other), phones in found.cells.items()]
        console.print(facts_table((found.first, found.second, "phones"), cells))
    for one, other, merged in ((found.second, found.first, found.lost), (found.first, found.second, found.gained)):
        rows = [(viseme, " | ".join(" ".join(group) for group in groups)) for viseme, groups in merged.items()]
        console.print(f"{one} shows alike what {other} keeps apart:" if rows else f"{one} merges nothing of {other}.")
        if rows:
            console.print(facts_table((f"viseme of {one}", f"groups of {other}"), rows))
    if found.uncompared:
        console.print(f"Phones of {found.first} that {found.second} does not place: {' '.join(found.uncompared)}")


@maps_app.command("check", epilog="visalign maps check my.toml\n\nvisalign maps check    (all shipped maps)")
def check_maps(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE…", help="TOML files of maps.")] = None,
) -> None:
    """Find the faults of maps of your own, with their lines; without a file, of all shipped maps."""
    # Loads numpy, through the timeline.
    from visalign.visemes.viseme_map import available_maps, shipped_map_file

    if files:
        good = [_check_map(file, str(file)) for file in files]
    else:
        good = []
        for name in available_maps():
            with shipped_map_file(name) as file:
                good.append(_check_map(file, name))
    if not all(good):
        raise typer.Exit(CHECK_FAILED)


def _check_map(file: Path, name: str) -> bool:
    """Print the faults of a file, or what it covers; True if it loads."""
    # Loads the phone sets.
    from visalign.visemes.lint import lint_viseme_map

    findings = lint_viseme_map(file)
    for finding in findings:
        screen().print(f"{name}: {finding}", soft_wrap=True)
    is_good = all(finding.severity != "error" for finding in findings)
    if is_good:
        screen().print(f"{name}: no errors; {_coverage(file)}", soft_wrap=True)
    return is_good


def _coverage(file: Path) -> str:
    """What a map covers and leaves out, in words."""
    # Loads numpy, through the timeline.
    from visalign.visemes.comparison import N_ENGLISH_PHONES, english_gap, ipa_coverage

    viseme_map = visalign.VisemeMap.load(file)
    letters = ipa_coverage(viseme_map)
    n_letters = sum(map(len, letters.values()))
    foreign = (
        f"; of {n_letters} letters of IPA it places {len(letters['listed'])}, {len(letters['made alike'])} more are "
    )
    foreign += "placed beside the phones that are made most like them"
    if viseme_map.alphabet != "arpabet":
        gap = f", leaves out {' '.join(viseme_map.unlisted)}" if viseme_map.unlisted else ""
        return f"{len(viseme_map.phones)} phones of {viseme_map.alphabet}{gap}{foreign}"
    missing = english_gap(viseme_map)
    gap = f", leaves out {' '.join(missing)}" if missing else ""
    return f"{N_ENGLISH_PHONES - len(missing)} of {N_ENGLISH_PHONES} phones{gap}{foreign}"


@maps_app.command(
    "homophenes",
    epilog="visalign maps homophenes --grammar grid --map jeffers_1971\n\n"
    "visalign maps homophenes words.txt --csv maps.csv    (which map keeps these words apart)",
)
def homophenes(
    text: Annotated[Path | None, typer.Argument(metavar="TEXT", help="A text, or a list of words.")] = None,
    grammar: Grammar = None,
    chosen: Maps = None,
    lexicon: Lexicon = None,
    csv: Csv = None,
    overwrite: Overwrite = False,
) -> None:
    """Which words look alike, and which map keeps a vocabulary apart best: of those of --map, which can be given
    several times, or of all that are shipped.
    """
    # Load numpy and praatio.
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_table, write_text
    from visalign.language.languages import lexicon_with
    from visalign.visemes.homophenes import SEPARATION_COLUMNS, compare_separation, find_homophenes
    from visalign.visemes.viseme_map import available_maps

    if (text is None) == (grammar is None):
        raise typer.BadParameter("give a text or --grammar")
    if csv is not None:
        check_output(csv, suffixes=(".csv",), overwrite=overwrite, inputs=[x for x in (text, lexicon) if x is not None])
    known = lexicon_with(lexicon)
    words = _vocabulary(text, grammar, known)
    maps = [visalign.VisemeMap.load(name) for name in chosen or available_maps()]
    found = compare_separation(words, maps, lexicon=known)
    rows = [[getattr(x, column) for column in SEPARATION_COLUMNS] for x in found]
    shown = [(*row[:-2], f"{row[-2]:.2f}", f"{row[-1]:.2f}") for row in rows]
    header = ("map", ">visemes", ">words", ">forms", ">unlike any other", ">most alike", ">bits open", ">random")
    screen().print(facts_table(header, shown))
    screen().print("random: the same of random maps with groups of these sizes", style="dim")
    if len(maps) == 1:
        groups = find_homophenes(words, maps[0], lexicon=known)
        screen().print(facts_table(("visemes", "words"), [(" ".join(x.form), " ".join(x.words)) for x in groups]))
    if csv is not None:
        show_written(write_text(csv, format_table(SEPARATION_COLUMNS, rows)))


def _vocabulary(text: Path | None, grammar: str | None, lexicon: Words) -> list[str]:
    # Loads numpy.
    from visalign.language.transcript import parse_transcript, read_transcript
    from visalign.lip_reading.grammar import read_grammar

    if text is not None:
        return parse_transcript(read_transcript(text), lexicon)
    return list(read_grammar(grammar or "").words)


# --- learn and evaluate ---------------------------------------------------------------------------------------


@maps_app.command(
    "learn", epilog="visalign maps learn clips/ --number 10 -o ours.toml --plot ours.png    (clip.mp4 beside clip.txt)"
)
def learn(
    clips: Clips,
    output: Annotated[Path, NeededOutput("The map, a .toml file.")],
    number: Annotated[int, typer.Option(help="How many visemes, silence among them.")] = 10,
    plot: Plot = None,
    corpus: Corpus = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Learn a map: phones that the lips of these clips don't tell apart become one viseme."""
    # These load dlib, SciPy and praatio.
    from visalign.training.lip_confusions import lip_confusions
    from visalign.training.map_learning import learn_map
    from visalign.visemes.map_files import write_viseme_map

    _check_outputs({".toml": output, "plot": plot}, overwrite=overwrite)
    prepared = _prepare(clips, quiet=quiet)
    confusions = lip_confusions(prepared)
    learnt = learn_map(confusions, number, output.stem, corpus=corpus or clips.resolve().name)
    written = [write_viseme_map(output, learnt.viseme_map)]
    if plot is not None:
        written.append(_plot_learnt(plot, learnt))
    if not quiet:
        rows = [(key, " ".join(x.phones), x.description) for key, x in learnt.viseme_map.classes.items()]
        screen().print(facts_table(("viseme", "phones", "evidence"), rows))
        show_written(*written)


def _plot_learnt(path: Path, learnt: LearntMap) -> Path:
    # Loads SciPy's clustering.
    from visalign.plots.maps import plot_learnt_map
    from visalign.plots.style import save_plot

    return save_plot(plot_learnt_map(learnt), path)


@maps_app.command(
    "evaluate",
    epilog="visalign maps evaluate clips/ --plot maps.png\n\n"
    "visalign maps evaluate clips/ --map ours.toml --map jeffers_1971 --csv maps.csv",
)
def evaluate(
    clips: Clips,
    chosen: Maps = None,
    csv: Csv = None,
    plot: Plot = None,
    corpus: Corpus = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Which map fits the lips of these clips: bits a frame, accuracy above chance, information."""
    # These load dlib, SciPy and praatio.
    from visalign.training.lip_confusions import lip_confusions
    from visalign.training.map_evaluation import evaluate_maps
    from visalign.visemes.viseme_map import available_maps

    _check_outputs({".csv": csv, "plot": plot}, overwrite=overwrite)
    maps = [visalign.VisemeMap.load(name) for name in chosen or available_maps()]
    confusions = lip_confusions(_prepare(clips, quiet=quiet))
    fits = evaluate_maps(confusions, maps)
    written = _write_fits(fits, csv, plot, corpus or clips.resolve().name)
    if not quiet:
        _show_fits(fits)
        show_written(*written)


def _show_fits(fits: Sequence[MapFit]) -> None:
    rows = []
    for x in fits:
        gain = (f"{x.gain:.3f} ± {x.gain_error:.3f}", f"{x.random_gain:.3f}", f"{x.gain_over_random:+.3f}")
        rows.append((x.name, x.n_visemes, *gain, f"{x.accuracy:.1%}", f"{x.chance:.1%}", f"{x.information:.3f}"))
    header = ("map", ">seen", ">bits/frame", ">random", ">beyond", ">accuracy", ">chance", ">information")
    screen().print(facts_table(header, rows))
    if fits:
        legend = (
            f"{fits[0].n_frames} frames of speech. seen: visemes that they show. bits/frame: what the viseme tells of "
            "the lips. random: the same of random maps with groups of these sizes. beyond: the difference, best first."
        )
        screen().print(legend, style="dim")


def _write_fits(fits: Sequence[MapFit], csv: Path | None, plot: Path | None, corpus: str) -> list[Path]:
    # These load praatio, SciPy's clustering and pandas.
    from visalign.files.text_files import format_table, write_text
    from visalign.plots.maps import plot_map_fits
    from visalign.plots.style import save_plot
    from visalign.training.map_evaluation import FIT_COLUMNS

    written = []
    if csv is not None:
        rows = [[getattr(fit, column) for column in FIT_COLUMNS] for fit in fits]
        written.append(write_text(csv, format_table(FIT_COLUMNS, rows)))
    if plot is not None:
        written.append(save_plot(plot_map_fits(fits, corpus=corpus), plot))
    return written


# --- draw -----------------------------------------------------------------------------------------------------


@maps_app.command("draw", epilog='visalign maps draw clip.mp4 --text "bin blue at f two now" -o mouth.png')
def draw(
    clip: Annotated[Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks.")],
    output: Annotated[Path, NeededOutput("The figure: .png, .svg or .pdf")],
    text: Text = None,
    transcript: Transcript = None,
    viseme_map: Map = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Draw the mouth track and the weight curves that the sound asks for, below what the lips do."""
    # These load dlib, PocketSphinx and praatio.
    from visalign.plots.maps import plot_clip_mouth
    from visalign.plots.style import save_plot

    if (text is None) == (transcript is None):
        raise typer.BadParameter("say what is spoken: --text or --transcript")
    _check_outputs({"plot": output}, overwrite=overwrite)
    refuse_missing(clip)
    spoken, warnings = said_text(text, transcript)
    with progress_line(enabled=not quiet) as progress:
        progress("reading lips", None)
        drawn = plot_clip_mouth(clip, spoken or "", visalign.VisemeMap.load(viseme_map or SyncParams().viseme_map))
    written = save_plot(drawn, output)
    if not quiet:
        show_warnings(warnings)
        show_written(written)


@maps_app.command(
    "chart",
    epilog="visalign maps chart -o chart.png    (Rhubarb's shapes)\n\n"
    "visalign maps chart oculus_15 -o chart.pdf\n\n"
    "visalign maps chart --images my_mouths/ -o chart.png    (A.png, B.png … in that folder)",
)
def chart(
    output: Annotated[Path, NeededOutput("The figure: .png, .svg or .pdf")],
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Name of a shipped map, or a TOML file; rhubarb by default.")
    ] = "rhubarb",
    images: Images = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Draw a mouth chart: each shape of a rig, with the sounds that show it."""
    # These load numpy, scipy and FFmpeg.
    from visalign.animation.mouth_rules import load_mouth_rules
    from visalign.face.preview import read_mouth_images
    from visalign.plots.mouth_chart import plot_mouth_chart
    from visalign.plots.style import save_plot

    _check_outputs({"plot": output}, overwrite=overwrite)
    rules = load_mouth_rules(name)
    pictures = None if images is None else read_mouth_images(images, rules.shapes)
    written = save_plot(plot_mouth_chart(rules, pictures), output)
    if not quiet:
        show_written(written)


# --- shared ---------------------------------------------------------------------------------------------------


def _prepare(folder: Path, *, quiet: bool) -> list[PreparedClip]:
    # Loads dlib and PocketSphinx.
    from visalign.training.prepared_clips import prepare_folder

    with progress_line(enabled=not quiet) as progress:
        prepared, left_out = prepare_folder(folder, progress=progress)
    for name, reason in left_out:
        screen(stderr=True).print(f"Left out: {name}: {reason}", style="yellow", soft_wrap=True)
    return prepared


def _check_outputs(wanted: dict[str, Path | None], *, overwrite: bool) -> None:
    # Loads praatio.
    from visalign.files.outputs import check_output
    from visalign.plots.style import PLOT_SUFFIXES

    for suffix, path in wanted.items():
        if path is not None:
            check_output(path, suffixes=PLOT_SUFFIXES if suffix == "plot" else (suffix,), overwrite=overwrite)
