"""``visalign acoustic``: train an acoustic model, adapt one, and see what one holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visalign.commands.align import Dictionary
from visalign.commands.console import facts_table, progress_line, screen, show_written, write_json
from visalign.commands.options import (
    SAID,
    G2p,
    Jobs,
    Json,
    Language,
    Layout,
    Lexicon,
    NeededOutput,
    Oov,
    Overwrite,
    Quiet,
    Seed,
    written,
)
from visalign.files.outputs import check_output

if TYPE_CHECKING:
    from visalign.acoustic_training.adapting import Adapted, Round
    from visalign.acoustic_training.training_recipe import TrainedOnCorpus
    from visalign.acoustic_training.utterance import Progress

__all__ = ["acoustic_app"]

acoustic_app = typer.Typer(
    help="Train an acoustic model of a language, adapt one to an accent, see what one holds.", no_args_is_help=True
)

_N_SHOWN = 10

Corpus = Annotated[
    Path,
    typer.Argument(metavar="CORPUS", help="Folder of sound, texts beside it, a folder a speaker; or a table."),
]
Speakers = Annotated[
    Path | None,
    typer.Option(
        "--speakers", help="Who speaks, as a CSV: file,speaker. Without it the folder's name.", rich_help_panel=SAID
    ),
]
Log = Annotated[
    Path | None,
    written(
        "--log",
        ".json",
        help="Write what was done, and what was left out and why: .json or .csv; - for JSON on the standard output.",
    ),
]


# --- train ----------------------------------------------------------------------------------------------------


@acoustic_app.command(
    "train",
    epilog="visalign acoustic train corpus/ -o quechua.zip --lexicon quechua.dict    (corpus/anna/one.wav beside "
    "one.txt, .TextGrid or .eaf)\n\n"
    "visalign acoustic train news/ -o arabic.zip --language ar --log arabic.json\n\n"
    "visalign acoustic train corpus/ -o mine.zip --lexicon mine.dict --from flat    (phones of any symbols)\n\n"
    "visalign align one.wav -t one.txt --acoustic-model quechua.zip --dictionary quechua.dict -o one.TextGrid\n\n"
    "A run that was stopped goes on where it was when the command is given again.\n\n"
    "Exit codes: 0 the model is written (what was left out is named) · 2 wrong usage · 3 nothing to learn from",
)
def train_model(
    corpus: Corpus,
    output: Annotated[Path, NeededOutput("The model, a zip as the Montreal Forced Aligner has them.")],
    lexicon: Lexicon = None,
    language: Language = None,
    start: Annotated[
        str, typer.Option("--from", help="english (its phones, mapped), flat (from nothing), or a model's file.")
    ] = "english",
    layout: Layout = "folder",
    speakers: Speakers = None,
    dictionary: Annotated[
        Path | None, typer.Option("--write-dictionary", help="Write the words of the corpus with their phones here.")
    ] = None,
    log: Log = None,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder for what is done so far; by default beside --output, removed at the end."),
    ] = None,
    jobs: Jobs = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Train an acoustic model on recordings with texts, of a language that has none."""
    # These load numpy, scipy and PocketSphinx.
    from visalign.acoustic_training.pronunciations import write_dictionary
    from visalign.acoustic_training.reports import REPORT_SUFFIXES, write_report
    from visalign.acoustic_training.training_recipe import Recipe, report_of, train_on_corpus

    inputs = [x for x in (corpus, lexicon, speakers) if x is not None]
    check_output(output, suffixes=(".zip",), inputs=inputs, overwrite=overwrite)
    if dictionary is not None:
        check_output(dictionary, suffixes=(".dict", ".txt"), inputs=inputs, overwrite=overwrite)
    if log is not None:
        check_output(log, suffixes=REPORT_SUFFIXES, inputs=inputs, overwrite=overwrite)
    recipe = Recipe(corpus, lexicon, language, start, layout, speakers, seed)
    with progress_line(enabled=not quiet) as progress:
        found = train_on_corpus(
            recipe, output, work=work, n_jobs=jobs or os.cpu_count() or 1, overwrite=overwrite, progress=progress
        )
    written = [output]
    if dictionary is not None:
        written.append(write_dictionary(dictionary, found.pronounced))
    if log is not None:
        written.append(write_report(log, report_of(found)))
    if not quiet:
        _show_trained(found)
        show_written(*written)


def _show_trained(found: TrainedOnCorpus) -> None:
    console = screen()
    console.print(
        f"{len(found.utterances)} utterances of {len({x.speaker for x in found.utterances})} speaker(s), "
        f"{len(found.pronounced.phones)} phones."
    )
    header = ("stage", ">rounds", ">log-likelihood a frame", ">held out", ">states", ">Gaussians", ">aligned")
    console.print(facts_table(header, _last_rounds(found.trained.rounds)))
    _list("guessed from their spelling", found.pronounced.guessed)
    _list("without a pronunciation, taken for noise", found.pronounced.unknown)
    _show_left_out([x.reason for x in found.left_out], "left out")
    _show_left_out([x.reason for x in found.doubted], "to be listened to")


def _last_rounds(rounds: Sequence[Progress]) -> list[tuple[str, ...]]:
    """The last round of each stage."""
    last = {x.stage: x for x in rounds}
    return [
        (x.stage, str(x.round), _likelihood(x.log_likelihood), _likelihood(x.held_out), *_counts(x))
        for x in last.values()
    ]


def _counts(x: Progress) -> tuple[str, ...]:
    return tuple(str(n) if n else "" for n in (x.n_leaves, x.n_gaussians, x.n_aligned))


def _likelihood(value: float) -> str:
    return "" if value != value else f"{value:.3f}"


def _list(what: str, words: Sequence[str]) -> None:
    if words:
        shown = ", ".join(words[:_N_SHOWN]) + (" …" if len(words) > _N_SHOWN else "")
        screen().print(f"{len(words)} word(s) {what}: {shown}", style="yellow", soft_wrap=True)


def _show_left_out(reasons: Sequence[str], what: str) -> None:
    console = screen()
    if reasons:
        console.print(f"{len(reasons)} {what}:", style="yellow")
    for reason in reasons[:_N_SHOWN]:
        console.print(f"  {reason}", style="yellow", soft_wrap=True)
    if len(reasons) > _N_SHOWN:
        console.print(f"  … and {len(reasons) - _N_SHOWN} more; --log FILE lists them all", style="yellow")


# --- adapt ----------------------------------------------------------------------------------------------------


@acoustic_app.command(
    "adapt",
    epilog="visalign acoustic adapt english corpus/ -o australian    (a folder, for --acoustic-model)\n\n"
    "visalign acoustic adapt german_mfa.zip corpus/ --dictionary german_mfa.dict -o bavarian.zip\n\n"
    "visalign align one.wav -t one.txt --acoustic-model australian -o one.TextGrid\n\n"
    "The means of the model move to what is heard; how far is chosen by speech that is left out in turn.\n\n"
    "Exit codes: 0 the model is written (what was left out is named) · 2 wrong usage · 3 nothing to adapt to",
)
def adapt_model(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="english (the built-in one), a zip of MFA, a folder of PocketSphinx.")
    ],
    corpus: Corpus,
    output: Annotated[Path, NeededOutput("Where it goes: a .zip for a zip, a folder for the others.")],
    dictionary: Dictionary = None,
    lexicon: Lexicon = None,
    language: Language = None,
    oov: Oov = None,
    g2p: G2p = None,
    layout: Layout = "folder",
    speakers: Speakers = None,
    log: Log = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Move an acoustic model to an accent, a speaker or a room, from minutes of speech with texts."""
    # These load numpy, scipy and PocketSphinx.
    from visalign.acoustic_training.adapted_model import check_place, provenance_of, write_adapted
    from visalign.acoustic_training.adapting_recipe import adapt_to_corpus, adaptation_report
    from visalign.acoustic_training.reports import REPORT_SUFFIXES, write_report

    check_place(output, model, overwrite=overwrite)
    if log is not None:
        check_output(log, suffixes=REPORT_SUFFIXES, inputs=[corpus], overwrite=overwrite)
    with progress_line(enabled=not quiet) as progress:
        found, read = adapt_to_corpus(
            model,
            corpus,
            dictionary=dictionary,
            lexicon=lexicon,
            language=language,
            oov=oov or "error",
            g2p=g2p or "",
            layout=layout,
            speakers=speakers,
            progress=progress,
        )
    about = provenance_of(found, model, corpus, len(read.speakers))
    written = [write_adapted(output, model, found, about, overwrite=overwrite)]
    if log is not None:
        written.append(write_report(log, adaptation_report(found, read, about)))
    if not quiet:
        _show_adapted(found, len(read.speakers))
        _show_left_out([x.reason for x in (*read.left_out, *found.left_out)], "left out")
        show_written(*written)


def _show_adapted(found: Adapted, n_speakers: int) -> None:
    console = screen()
    adapted_to = f", features adapted to {found.n_adapted} of them" if found.n_adapted else ""
    console.print(f"{found.seconds:.1f} s of {n_speakers} speaker(s){adapted_to}.")
    header = (
        ">round",
        ">stretches",
        ">log-likelihood a frame, before",
        ">after (left out)",
        "the old model counts for",
    )
    rows = [_round(number, x) for number, x in enumerate(found.rounds, start=1)]
    console.print(facts_table(header, rows))
    if found.rounds[-1].strength is None:
        console.print("No strength made speech that was left out likelier: the model stays as it was.", style="yellow")


def _round(number: int, x: Round) -> tuple[str, ...]:
    strength = "" if x.strength is None else f"{x.strength.tau:g} frames a Gaussian"
    if x.strength is not None and x.strength.prior is not None:
        strength += f", {x.strength.prior:g} in all"
    return (str(number), str(x.n_stretches), _likelihood(x.before), _likelihood(x.after), strength)


# --- show -----------------------------------------------------------------------------------------------------


@acoustic_app.command(
    "show",
    epilog="visalign acoustic show english\n\nvisalign acoustic show german_mfa.zip --json | jq .phones",
)
def show_model(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="english (the built-in one), a zip of MFA, a folder of PocketSphinx.")
    ],
    json: Json = None,
    overwrite: Overwrite = False,
) -> None:
    """What a model holds: phones, states, Gaussians, how it hears, and what it was trained on."""
    # These load numpy and PocketSphinx.
    from visalign.acoustic_training.contents import describe_model

    facts = describe_model(model)
    if json is not None:
        write_json(json, facts, overwrite=overwrite)
        return
    console = screen()
    console.print(facts["name"], style="bold")
    console.print(facts_table(("", ""), _rows(facts)))


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    features = facts["features"]
    rows = [
        ("kind", facts["kind"]),
        ("language", facts.get("language") or ""),
        (f"{facts['n_phones']} phones", " ".join(facts["phones"])),
        ("silence", facts["silence"]),
        ("states", f"{facts['n_states']} (pdfs)"),
        ("Gaussians", f"{facts['n_gaussians']}" + (f", {facts['gaussians']}" if facts.get("gaussians") else "")),
        ("features", f"{features['kind']}; {features['dimensions']} numbers every {features['frame_shift_ms']:g} ms"),
        ("LDA", "" if features["lda"] is None else f"{features['lda'][1]} numbers to {features['lda'][0]}"),
        ("adapts to speakers", "yes (fMLLR)" if facts["speaker_adaptation"] else "no"),
        ("guesses words", "yes (--g2p MODEL)" if facts["pronunciations"] else "no"),
    ]
    rows += [(key, _short(value)) for key, value in facts["training"].items()]
    return [(name, value) for name, value in rows if value]


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else value if isinstance(value, str) else dumps(value, ensure_ascii=False)
