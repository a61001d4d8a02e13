"""``visalign lipread``: words from the lips alone, given what may be said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import visalign
from visalign.commands.console import (
    facts_table,
    progress_line,
    screen,
    show_warnings,
    show_written,
    signed_ms,
)
from visalign.commands.given import refuse_missing, said_text
from visalign.commands.options import (
    Grammar,
    Json,
    Lexicon,
    Map,
    Model,
    NeededOutput,
    Overwrite,
    Quiet,
    Report,
    Text,
    Transcript,
    VideoTrack,
    output_for,
)

if TYPE_CHECKING:
    from visalign.lip_reading.reading import LipReading
    from visalign.visemes.viseme_map import VisemeMap

__all__ = ["LIPREAD_EPILOG", "lipread"]

LIPREAD_EPILOG = (
    "visalign lipread clip.mp4 --grammar grid\n\n"
    'visalign lipread clip.mp4 --grammar orders.jsgf --map jeffers_1971 --text "bin blue at f two now" --json -\n\n'
    "visalign lipread dub.mp4 --grammar lines.txt --transcript dub.txt --report dub.json    (its sync beside)\n\n"
    "visalign lipread clip.mp4 --grammar sentences.txt -o words.TextGrid    (a sentence a line: their bigram)\n\n"
    "The sound is not used. With what was really said (--text, --transcript) the error rates are counted, which needs "
    'pip install "visalign\\[lipread]". Without --map all phones are told apart. A word that is 80 % sure is right in '
    "about 80 % of cases, for speakers like those of the model."
)


def lipread(
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks; its sound is not used.")
    ],
    grammar: Grammar = None,
    viseme_map: Map = None,
    lexicon: Lexicon = None,
    model: Model = None,
    text: Text = None,
    transcript: Transcript = None,
    video_track: VideoTrack = None,
    report: Report = None,
    n_best: Annotated[
        int,
        typer.Option(
            "--n-best", metavar="N", min=0, max=100, help="Also the N most probable sentences, the best first."
        ),
    ] = 0,
    output: Annotated[Path | None, NeededOutput("Words and units: a .TextGrid; - for standard output.")] = None,
    json: Json = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Read words off the lips alone, given a grammar, and count the errors where it is known what was said."""
    if grammar is None:
        raise typer.BadParameter("say what may be said: --grammar FILE, or --grammar grid")
    output = output_for(output, ".TextGrid")
    refuse_missing(video)
    # These load dlib, SciPy and praatio.
    from visalign.errors import ConfigError
    from visalign.files.outputs import check_output
    from visalign.files.text_files import format_json, write_text, write_textgrid
    from visalign.language.languages import lexicon_with
    from visalign.language.transcript import read_aloud
    from visalign.lip_reading.grammar import read_grammar, refuse_impossible
    from visalign.lip_reading.reading import read_words
    from visalign.sync.lip_model import LipModel

    for path, suffix in ((output, ".TextGrid"), (json, ".json")):
        if path is not None:
            inputs = [x for x in (video, lexicon, model, transcript, report) if x]
            check_output(path, suffixes=(suffix,), overwrite=overwrite, inputs=inputs)
    known = lexicon_with(lexicon)
    graph = read_grammar(grammar)
    refuse_impossible(graph)
    chosen = None if viseme_map in (None, "none") else visalign.VisemeMap.load(viseme_map)
    written, warnings = said_text(text, transcript)
    spoken = None if written is None else read_aloud(written, known)
    words = None if spoken is None else list(spoken.words)
    if words is not None and not words:
        raise ConfigError("--text", written, "at least one word that is spoken")
    decoder = LipModel.load(model).decoder
    with progress_line(enabled=not quiet) as progress:
        lips = visalign.read_lips(video, track=video_track, progress=progress)
        progress("reading words", None)
        found = read_words(lips, graph, decoder, viseme_map=chosen, lexicon=known, n_best=n_best)
    result = _result(video, found) | ({} if words is None else _errors(words, found, chosen, known))
    result |= {} if report is None else {"sync": _sync(report)}
    files = [] if output is None else [write_textgrid(output, [found.words, found.units])]
    if json is not None:
        files.append(write_text(json, format_json(result)))
    if not quiet:
        _show(found, result)
        show_warnings((*warnings, *(() if spoken is None else spoken.warnings())))
        show_written(*files)


def _result(video: Path, found: LipReading) -> dict[str, Any]:
    # Loads numpy and praatio, which have been loaded already.
    from visalign.files.text_files import rounded

    def rows(tier: Any) -> list[dict[str, Any]]:
        return [
            {"label": x.label, "start": rounded(x.start), "end": rounded(x.end)}
            | ({} if x.score is None else {"confidence": rounded(x.score)})
            for x in tier
            if x.label
        ]

    sentences = [{"sentence": words, "score": rounded(score)} for words, score in found.alternatives]
    return {
        "schema_version": 1,
        "clip": video.name,
        "grammar": found.grammar,
        "viseme_map": found.viseme_map or None,
        "sentence": found.sentence,
        "score": rounded(found.score),
        "words": rows(found.words),
        "units": rows(found.units),
    } | ({"n_best": sentences} if sentences else {})


def _errors(words: list[str], found: LipReading, viseme_map: VisemeMap | None, lexicon: Any) -> dict[str, Any]:
    # Loads SciPy, which has been loaded already.
    from visalign.language.phones import SILENCE
    from visalign.lip_reading.error_rates import count_errors, viseme_forms

    silence = SILENCE if viseme_map is None else viseme_map.silence
    shown = [label for label in found.units.merge_equal().labels if label != silence]
    read = found.sentence.split()
    count = count_errors(words, read)
    forms = [_merged(form) for form in viseme_forms(words, viseme_map, lexicon=lexicon)]
    units = min((count_errors(form, shown) for form in forms), key=lambda x: x.rate or 0.0)
    return {
        "said": " ".join(words),
        "word_errors": {"rate": count.rate, "n_said": count.n_said, "n_errors": count.n_errors},
        "unit_errors": {"rate": units.rate, "n_said": units.n_said, "n_errors": units.n_errors},
    }


def _sync(path: Path) -> dict[str, Any]:
    # Loads pandas.
    from visalign.evaluation.run_comparison import read_report
    from visalign.files.text_files import rounded

    found = read_report(path)
    score = found.score
    return {
        "clip": found.clip.name,
        "lead_seconds": rounded(found.sync.lead_seconds),
        "verdict": found.sync.verdict,
        "proportion_in_sync": rounded(score.n_words_in_sync / score.n_words if score.n_words else None),
        "viseme_accuracy": rounded(score.viseme_accuracy),
    }


def _merged(form: tuple[str, ...]) -> list[str]:
    # neighbours that look alike can't be counted on the lips
    return [label for k, label in enumerate(form) if k == 0 or form[k - 1] != label]


def _show(found: LipReading, result: dict[str, Any]) -> None:
    out = screen()
    out.print(found.sentence or "(nothing is said)", style="bold", soft_wrap=True)
    rows = [(x.label, f"{x.start:.2f}", f"{x.end:.2f}", f"{x.score or 0.0:.0%}") for x in found.words if x.label]
    out.print(facts_table(("word", ">start s", ">end s", ">sure"), rows))
    if found.alternatives:
        sentences = [(str(k), words, f"{score:.2f}") for k, (words, score) in enumerate(found.alternatives, 1)]
        out.print(facts_table((">", "sentence", ">score"), sentences))
    if "word_errors" in result:
        for name, key in (("Words", "word_errors"), ("Visemes" if found.viseme_map else "Phones", "unit_errors")):
            count = result[key]
            out.print(f"{name}: {count['n_errors']} errors on {count['n_said']} said ({count['rate']:.0%})")
    if "sync" in result:
        sync = result["sync"]
        accuracy = "-" if sync["viseme_accuracy"] is None else f"{sync['viseme_accuracy']:.0%}"
        lead = signed_ms(sync["lead_seconds"])
        out.print(f"Sync of {sync['clip']}: {sync['verdict']}, lead {lead} ms, {accuracy} of the visemes as expected")
