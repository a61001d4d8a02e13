"""``visalign mfa``: a corpus aligned by the Montreal Forced Aligner, with adaptation to each speaker."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from visalign.commands.align import (
    AcousticModel,
    Beam,
    Dictionary,
    G2pModel,
    MfaEnvironment,
    MfaProgram,
    RetryBeam,
    Timeout,
)
from visalign.commands.console import facts_table, progress_line, screen
from visalign.commands.options import AlignmentForm, Jobs, NeededOutput, Overwrite, Quiet
from visalign.errors import AlignmentError, KeptFile, OutOfVocabulary

__all__ = ["MFA_EPILOG", "mfa"]

MFA_EPILOG = (
    "visalign mfa corpus/ -o aligned/ --mfa-env mfa       (corpus/anna/one.wav beside corpus/anna/one.txt)\n\n"
    "visalign mfa corpus/ -o aligned/ --acoustic-model german_mfa --dictionary german_mfa --g2p-model german_mfa\n\n"
    "Exit codes: 0 all clips aligned · 2 wrong usage · 3 clips that could not be aligned, which are named"
)

NOT_ANALYSED = 3


def mfa(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="A folder of clips for each speaker, texts beside.")],
    output: Annotated[Path, NeededOutput("Folder for the alignments.")],
    form: AlignmentForm = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    jobs: Jobs = None,
    acoustic_model: AcousticModel = None,
    dictionary: Dictionary = None,
    g2p_model: G2pModel = "",
    beam: Beam = 100,
    retry_beam: RetryBeam = 400,
    program: MfaProgram = None,
    environment: MfaEnvironment = None,
    timeout: Timeout = 3600.0,
) -> None:
    """Align a corpus with the Montreal Forced Aligner, adapted to each speaker (the program must be installed)."""
    # These load numpy and PocketSphinx.
    from visalign.exports.result_files import ALIGNMENT_SUFFIXES, write_alignment
    from visalign.files.outputs import check_output
    from visalign.forced_alignment.alignment import Alignment
    from visalign.forced_alignment.mfa import MfaAligner, read_corpus
    from visalign.forced_alignment.mfa_program import MfaSettings, find_mfa

    suffix = f".{form or 'TextGrid'}"
    model, words = (str(x or "english_us_arpa") for x in (acoustic_model, dictionary))
    settings = MfaSettings(model, words, g2p_model, beam, retry_beam)
    aligner = MfaAligner(settings, replace(find_mfa(program, environment), timeout=timeout))
    clips = read_corpus(corpus)
    paths = {x.key: output.joinpath(*x.key[0].split("/"), f"{x.name}{suffix}") for x in clips}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        check_output(path, suffixes=ALIGNMENT_SUFFIXES, overwrite=overwrite)
    with progress_line(enabled=not quiet) as progress:
        progress(f"aligning {len(clips)} clips", None)
        found = aligner.align_corpus(clips, n_jobs=jobs or os.cpu_count() or 1)
    rows, n_done = [], 0
    for key, result in found.items():
        try:
            if not isinstance(result, Alignment):
                raise result
            rows.append((*key, str(write_alignment(paths[key], result)), "; ".join(result.warnings)))
            n_done += 1
        except (AlignmentError, OutOfVocabulary, KeptFile) as error:
            rows.append((*key, "not written" if isinstance(error, KeptFile) else "not aligned", str(error)))
    if not quiet:
        screen().print(facts_table(("folder", "clip", "alignment", "warnings"), rows))
        screen().print(f"{n_done} of {len(found)} clips aligned")
    raise typer.Exit(NOT_ANALYSED if n_done < len(found) else 0)
