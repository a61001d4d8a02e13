"""Asks visalign the same thing twice: through the command line and from Python.

Both ways end in an :class:`Answer`, so that one table can say what is expected of either.
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import visalign
from visalign import cli
from visalign.batch import plan_batch
from visalign.batch.settings import BatchSettings
from visalign.corpora.clip_list import read_manifest
from visalign.errors import ConfigError, VisalignError
from visalign.forced_alignment import chosen_aligner, read_alignment
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import read_spoken
from visalign.visemes.viseme_map import VisemeMap

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back: an error, or a result.

    `error` is what was raised, `message` its text; `result` holds the facts that a case may ask for: a report's or an
    alignment's JSON form, or the number of clips of a manifest.
    """

    error: type[BaseException] | None = None
    message: str = ""
    result: Mapping[str, Any] | None = None
    code: int = 0


# ---- Python ----


def ask_python(command: str, options: Options) -> Answer:
    """The answer of the Python interface; anything but an error of visalign's own passes through."""
    try:
        return Answer(result=_PYTHON[command](**options))
    except VisalignError as error:
        return Answer(type(error), str(error), code=2 if isinstance(error, ConfigError) else 3)


def _said(text: str | None, transcript: Path | None) -> Any:
    return text if transcript is None else read_spoken(transcript)


def _check(
    video: Path,
    *,
    text: str | None = None,
    transcript: Path | None = None,
    lexicon: Path | None = None,
    config: Path | None = None,
    oov: str | None = None,
    max_lag: float | None = None,
    **options: Any,
) -> Mapping[str, Any]:
    options["viseme_map"] = options.pop("map", None)
    settings = visalign.Config() if config is None else visalign.Config.load(config)
    if lexicon is not None:
        settings = replace(settings, alignment=replace(settings.alignment, lexicon=str(lexicon)))
    if oov is not None:
        settings = replace(settings, alignment=replace(settings.alignment, oov=oov))
    if max_lag is not None:
        settings = replace(settings, sync=replace(settings.sync, max_lag_seconds=max_lag))
    return visalign.check(video, _said(text, transcript), config=settings, **options).to_dict()


def _align(
    sound: Path,
    *,
    text: str | None = None,
    transcript: Path | None = None,
    alignment: Path | None = None,
    lexicon: Path | None = None,
    acoustic_model: Path | None = None,
    **options: Any,
) -> Mapping[str, Any]:
    said = _said(text, transcript)
    audio = visalign.read_audio(sound)
    if alignment is not None:
        found = read_alignment(alignment, audio, recording=sound.stem, lexicon=lexicon)
    elif said is None:
        found = visalign.recognise_phones(audio)
    else:
        aligner = chosen_aligner(None, acoustic_model)
        found = visalign.force_align(audio, said, lexicon=lexicon, aligner=aligner, **options)
    return _alignment_facts(found)


def _alignment_facts(found: Alignment) -> Mapping[str, Any]:
    return {"words": " ".join(x.label for x in found.words if x.label), "warnings": list(found.warnings)}


def _batch(manifest: Path) -> Mapping[str, Any]:
    read = read_manifest(manifest)
    plan = plan_batch(read, manifest.with_suffix(".results"), BatchSettings())
    return {"n_clips": len(plan.to_do), "n_missing": len(plan.missing), "warnings": list(read.warnings)}


def _map(map: Path) -> Mapping[str, Any]:
    found = VisemeMap.load(map)
    return {"visemes": " ".join(found.visemes)}


_PYTHON: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "check": _check,
    "align": _align,
    "batch": _batch,
    "maps": _map,
}


# ---- command line ----


def ask_command_line(command: str, options: Options, outputs: Path) -> Answer:
    """The answer of the command line, run in this process; results go into the folder `outputs`.

    Anything but an exit passes through: that would be a traceback in front of the user.
    """
    arguments = [*_COMMAND_LINE[command](options, outputs)]
    out, err = io.StringIO(), io.StringIO()
    before = sys.stdout, sys.stderr
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main([str(x) for x in arguments])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout, sys.stderr = before
    result = _results(command, outputs, out.getvalue(), err.getvalue()) if code in {0, 1} or out.getvalue() else None
    return Answer(message=err.getvalue(), code=code, result=result)


def _results(command: str, outputs: Path, said: str, told: str) -> Mapping[str, Any] | None:
    """The facts that Python gives as well, out of what was written or printed."""
    if command == "batch":
        found = re.search(r"(\d+) clips would be checked;.*?; (\d+) files are missing", " ".join(said.split()))
        warnings = [line.removeprefix("Warning: ") for line in told.splitlines()]
        return None if found is None else {
            "n_clips": int(found[1]), "n_missing": int(found[2]), "warnings": [" ".join(warnings)] if warnings else []
        }  # fmt: skip
    if command == "maps":
        rows = [line.split() for line in said.splitlines()]
        first = rows.index(next(row for row in rows if row[:2] == ["viseme", "phones"])) + 2
        return {"visemes": " ".join(row[0] for row in rows[first:] if row)}
    written = sorted(outputs.iterdir())
    data = json.loads(written[0].read_text(encoding="utf-8")) if written else None
    if command == "align" and data is not None:
        return {"words": " ".join(x["label"] for x in data["words"]), "warnings": data["warnings"]}
    return data


def _arguments(options: Options, names: Mapping[str, str] = {}) -> list[Any]:
    pairs = ((names.get(name, f"--{name.replace('_', '-')}"), value) for name, value in options.items())
    return [part for name, value in pairs for part in (f"{name}={value}",)]


def _check_arguments(options: Options, outputs: Path) -> list[Any]:
    rest = {name: value for name, value in options.items() if name != "video"}
    return ["check", *_arguments(rest), "--json", outputs / "report.json", "--", options["video"]]


def _align_arguments(options: Options, outputs: Path) -> list[Any]:
    rest = {name: value for name, value in options.items() if name != "sound"}
    return ["align", *_arguments(rest), "-o", outputs / "alignment.json", "--", options["sound"]]


def _batch_arguments(options: Options, outputs: Path) -> list[Any]:
    return ["batch", "--dry-run", "--out", outputs / "results", "--", options["manifest"]]


def _map_arguments(options: Options, _outputs: Path) -> list[Any]:
    return ["maps", "show", "--", options["map"]]


_COMMAND_LINE: Mapping[str, Callable[[Options, Path], list[Any]]] = {
    "check": _check_arguments,
    "align": _align_arguments,
    "batch": _batch_arguments,
    "maps": _map_arguments,
}
