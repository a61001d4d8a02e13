"""``visalign corpus``: go through a published corpus, check it, and write lists of its clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visalign.commands.console import facts_table, progress_line, screen, show_written
from visalign.commands.options import OUTPUT, Layout, NeededOutput, Overwrite, Quiet, output_for

if TYPE_CHECKING:
    from visalign.corpora import Fault, Survey
    from visalign.corpora.survey import Check

__all__ = ["CORPUS_EPILOG", "corpus"]

CORPUS_EPILOG = (
    "visalign corpus grid/ --as grid --output grid.csv --labels reference/    (then: visalign batch grid.csv)\n\n"
    "visalign corpus lrs3/ --as lrs --split trainval --output train.jsonl\n\n"
    "visalign corpus TIMIT/ --as timit --decode --complaints damaged.csv\n\n"
    "visalign corpus lrs2/ --as lrs --lhotse manifests/ --kaldi data/lrs2\n\n"
    "Layouts: grid, timit, tcd-timit, lrs (LRS2 and LRS3), voxceleb, folder (clips with their text beside them), and "
    "the lists of other programs: lhotse, kaldi. Files are read and never changed.\n\n"
    "Exit codes: 0 all clips can be used · 1 some are damaged · 2 wrong usage · 3 no clip of that layout"
)

_ALL_GOOD, _DAMAGED = 0, 1
_N_SHOWN = 20


def corpus(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the corpus was unpacked.")],
    layout: Layout,
    output: Annotated[
        Path | None, NeededOutput("The manifest that batch and train take: .csv or .jsonl; - for standard output.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only the clips of this part: train, test …")] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="Write the corpus' labels here, a TextGrid for each clip.", rich_help_panel=OUTPUT),
    ] = None,
    lhotse: Annotated[
        Path | None, typer.Option(help="Write Lhotse's manifests into this folder.", rich_help_panel=OUTPUT)
    ] = None,
    kaldi: Annotated[
        Path | None,
        typer.Option(help="Write wav.scp, text, utt2spk and spk2utt into this folder.", rich_help_panel=OUTPUT),
    ] = None,
    complaints: Annotated[
        Path | None, typer.Option(help="Write all complaints as CSV.", rich_help_panel=OUTPUT)
    ] = None,
    decode: Annotated[bool, typer.Option("--decode", help="Decode every clip to its end, not just open it.")] = False,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not even open the clips.")] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """List the clips of a corpus with speakers, splits, transcripts and labels, and find what is damaged."""
    # Load numpy and FFmpeg.
    from visalign.corpora.kaldi import write_kaldi
    from visalign.corpora.lhotse import write_lhotse
    from visalign.corpora.manifest import MANIFEST_SUFFIXES, write_manifest
    from visalign.corpora.reference_tiers import write_reference_tiers
    from visalign.corpora.survey import survey
    from visalign.files.outputs import check_output, keep_edited, made_folder
    from visalign.files.text_files import format_table, write_text

    if decode and no_check:
        raise typer.BadParameter("give --decode or --no-check, not both")
    output, complaints = output_for(output, ".csv"), output_for(complaints, ".csv")
    for place in (output, labels, lhotse, kaldi, complaints):
        _refuse_inside(folder, place)
    if output is not None:
        check_output(output, suffixes=MANIFEST_SUFFIXES, overwrite=overwrite)
    for place in filter(None, (labels, lhotse, kaldi)):
        keep_edited(place, overwrite=overwrite)
    if complaints is not None:
        check_output(complaints, suffixes=(".csv",), overwrite=overwrite)
    check: Check = "decode" if decode else "none" if no_check else "open"
    with progress_line(enabled=not quiet) as progress:
        found = survey(folder, layout, check=check, split=split, progress=progress)
    written = [] if output is None else [write_manifest(output, found.clips)]
    if labels is not None:
        n_grids = len(write_reference_tiers(labels, found.clips))
        written.append(labels / f"… ({n_grids} TextGrids)")
    for place, write in ((lhotse, write_lhotse), (kaldi, write_kaldi)):
        if place is not None:
            made_folder(place)
            written += write(place, found.clips)
    if complaints is not None:
        rows = [(x.clip, "damaged" if x.is_damage else "doubt", x.reason) for x in found.faults]
        written.append(write_text(complaints, format_table(("clip", "kind", "reason"), rows)))
    if not quiet:
        _show(found, written)
    raise typer.Exit(_DAMAGED if any(x.is_damage for x in found.faults) else _ALL_GOOD)


def _refuse_inside(folder: Path, place: Path | None) -> None:
    if place is not None and place.resolve().is_relative_to(folder.resolve()):
        raise typer.BadParameter(f"{place} lies in the corpus itself, which is never written to; choose another place")


def _show(found: Survey, written: Sequence[Path]) -> None:
    out = screen()
    out.print(found.title, style="bold")
    out.print(facts_table(("split", ">clips", ">speakers", ">minutes", ">with text", ">with labels"), _rows(found)))
    for fault in found.faults[:_N_SHOWN]:
        out.print(_in_words(fault), style="red" if fault.is_damage else "yellow", soft_wrap=True)
    if len(found.faults) > _N_SHOWN:
        out.print(f"… and {len(found.faults) - _N_SHOWN} more complaints; --complaints FILE lists them all")
    show_written(*written)


def _rows(found: Survey) -> list[tuple[str, ...]]:
    splits = sorted({x.clip.split for x in found.clips})
    groups = [(split or "no split", [x for x in found.clips if x.clip.split == split]) for split in splits]
    if len(groups) > 1:
        groups.append(("all", list(found.clips)))
    rows = list[tuple[str, ...]]()
    for name, clips in groups:
        n_speakers = len({x.clip.speaker for x in clips} - {""})
        minutes = f"{sum(x.media.duration for x in clips if x.media) / 60:.1f}" if all(x.media for x in clips) else "?"
        n_said, n_labelled = (
            sum(map(bool, x)) for x in ([c.clip.transcript for c in clips], [c.labels for c in clips])
        )
        rows.append((name, str(len(clips)), str(n_speakers), minutes, str(n_said), str(n_labelled)))
    return rows


def _in_words(fault: Fault) -> str:
    kind = "damaged, left out" if fault.is_damage else "doubtful"
    return f"{fault.clip}: {kind}: {fault.reason}"
