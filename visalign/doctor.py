"""What is installed, under which licence, what is missing and how to get it.

Nothing that may be broken is imported in this process: each library is first loaded in a child, since dlib on a
processor without AVX dies with an illegal instruction, which no ``except`` can catch.

The default landmark model may be used for anything. The one licence that binds the user is that of the 68-point model
[1]_, where it is asked for.

References
----------
.. [1] C. Sagonas et al., "300 Faces In-The-Wild Challenge", 2016; the 68-point model is trained on that data, whose
   terms exclude commercial use: https://github.com/davisking/dlib-models
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from visalign._version import __version__
from visalign.errors import INSTALL_ANEW

__all__ = ["Finding", "diagnose"]

Status = Literal["ok", "missing", "broken", "optional"]

MIN_PYTHON = (3, 11)

_MODEL_VARIABLE = "VISALIGN_LANDMARK_MODEL"  # names another model, see visalign.lips.landmark_models
_MODEL_REMEDY = f"{INSTALL_ANEW} (its folder or wheel), or take {_MODEL_VARIABLE} out of the environment"

_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "soundfile",
    "hmmlearn",
    "scikit-learn",
    "praatio",
    "pysubs2",
    "Jinja2",
    "typer",
    "rich",
)
_LOAD_SECONDS = 60  # a cold import of dlib or scipy from a slow disk takes some of it
_NO_LIP_MODELS = {"g2p-en-us.npz", "landmarks.npz"}  # though they stand beside them
_INSTALL = f"{INSTALL_ANEW} (its folder or wheel)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that visalign needs or can use.

    Parameters
    ----------
    name : str
        What it is.
    status : {"ok", "missing", "broken", "optional"}
        "optional": it is not there, and only one feature needs it.
    version : str
        Its version, where it has one.
    detail : str
        Where it is, what it can do, its licence.
    remedy : str
        How to get it, where it is not ok.
    """

    name: str
    status: Status
    version: str = ""
    detail: str = ""
    remedy: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether visalign can't work like this."""
        return self.status in ("missing", "broken")


def diagnose() -> list[Finding]:
    """Look at everything that visalign needs or can use; required things first.

    Examples
    --------
    >>> [finding.name for finding in diagnose()][:2]
    ['visalign', 'Python']
    """
    return [
        Finding("visalign", "ok", __version__, "MIT licence"),
        _python(),
        *map(_package, _PACKAGES),
        _ffmpeg(),
        _dlib(),
        _landmark_model(),
        _landmarks_of_68(),
        _pocketsphinx(),
        _lip_model(),
        _espeak(),
        _plots(),
        _optuna(),
        _aligner_mfa(),
        _cores(),
        _workers(),
    ]


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < MIN_PYTHON:
        return Finding("Python", "broken", version, remedy=f"use Python {'.'.join(map(str, MIN_PYTHON))} or later")
    return Finding("Python", "ok", version, f"{platform.system()} {platform.machine()}")


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "missing", remedy=_INSTALL)


def _probe(program: str) -> tuple[bool, str]:
    """Run a line of Python in a child; whether it went well, and what it printed or why not."""
    try:
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=_LOAD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False, f"did not load within {_LOAD_SECONDS} s"
    if run.returncode == 0:
        return True, run.stdout.strip()
    last = (run.stderr.strip().splitlines() or [""])[-1]
    return False, last or f"ended with code {run.returncode} while loading"


def _loaded(name: str, program: str, describe: Callable[[dict[str, str]], Finding]) -> Finding:
    works, text = _probe(program)
    if not works:
        missing = "ModuleNotFoundError" in text
        return Finding(name, "missing" if missing else "broken", detail=text, remedy=_INSTALL)
    return describe(json.loads(text))


def _ffmpeg() -> Finding:
    program = (
        "import av, json; v = getattr(av, 'ffmpeg_version_info', '');"
        "print(json.dumps({'version': av.__version__, 'ffmpeg': v}))"
    )
    return _loaded(
        "PyAV",
        program,
        lambda facts: Finding("PyAV", "ok", facts["version"], f"BSD-3; its wheel holds FFmpeg {facts['ffmpeg']}, GPL"),
    )


def _dlib() -> Finding:
    program = (
        "import dlib, json; dlib.get_frontal_face_detector();"
        "print(json.dumps({'version': dlib.__version__, 'avx': 'on' if dlib.USE_AVX_INSTRUCTIONS else 'off'}))"
    )
    return _loaded(
        "dlib", program, lambda facts: Finding("dlib", "ok", facts["version"], f"AVX {facts['avx']} (Boost licence)")
    )


_UNAVAILABLE = "BackendUnavailable: "


def _reason(text: str) -> str:
    """What an error of visalign says, without its name."""
    return text.partition(_UNAVAILABLE)[2] or text


def _landmark_model() -> Finding:
    name = "landmark model"
    program = (
        "import json; from visalign.lips.landmark_models import find_model, landmark_notice, open_landmark_model;"
        "open_landmark_model(); called, terms = landmark_notice();"
        "print(json.dumps({'path': str(find_model()), 'called': called, 'terms': terms}))"
    )
    works, text = _probe(program)
    if not works:
        status: Status = "missing" if _UNAVAILABLE in text else "broken"
        return Finding(name, status, detail=_reason(text), remedy=_MODEL_REMEDY)
    facts = json.loads(text)
    if not os.environ.get(_MODEL_VARIABLE):
        return Finding(name, "ok", detail=f"{facts['called']}; commercial use is allowed (MIT; see NOTICE)")
    return Finding(name, "ok", detail=f"{facts['called']}, {facts['path']}, by {_MODEL_VARIABLE}. {facts['terms']}")


def _landmarks_of_68() -> Finding:
    name = "68 landmarks of dlib"
    program = (
        "import json; from visalign.lips.landmark_models import find_model, verify_model;"
        "print(json.dumps({'path': str(find_model('dlib68')), 'known': 'yes' if verify_model('dlib68') else ''}))"
    )
    works, text = _probe(program)
    if not works:
        return Finding(name, "optional", detail=_reason(text), remedy="pip install visalign[dlib68]")
    facts = json.loads(text)
    if facts["known"]:
        detail = f"for --landmarks dlib68; taught by iBUG 300-W: no commercial use ({facts['path']})"
        return Finding(name, "ok", detail=detail)
    detail = f"{facts['path']} has another SHA-256 than it should"
    return Finding(name, "broken", detail=detail, remedy="pip install --force-reinstall face_recognition_models")


def _pocketsphinx() -> Finding:
    program = (
        "import json, os, pocketsphinx, importlib.metadata as m; p = pocketsphinx.get_model_path('en-us/en-us');"
        "print(json.dumps({'version': m.version('pocketsphinx'), 'model': p if os.path.isdir(p) else ''}))"
    )

    def describe(facts: dict[str, str]) -> Finding:
        if not facts["model"]:
            return Finding("PocketSphinx", "broken", facts["version"], "its en-us model is not there", _INSTALL)
        return Finding("PocketSphinx", "ok", facts["version"], f"US English model {facts['model']} (BSD)")

    return _loaded("PocketSphinx", program, describe)


def _lip_model() -> Finding:
    folder = Path(__file__).parent / "models"
    models = [path.name for path in folder.iterdir() if path.suffix in (".json", ".npz")]
    files = sorted(name for name in models if name not in _NO_LIP_MODELS)
    if not files:
        remedy = "train one: visalign train CLIPS -o MODEL"
        return Finding("default lip model", "missing", detail=str(folder), remedy=remedy)
    return Finding("default lip model", "ok", detail=f"{', '.join(files)}; trained on GRID (CC BY 4.0)")


def _espeak() -> Finding:
    return _extra(
        "espeak-ng",
        "espeakng-loader",
        "languages",
        "`--language de`, --g2p espeak:LANGUAGE, `visalign demo`",
        " (GPL-3)",
    )


def _plots() -> Finding:
    return _extra("Matplotlib", "matplotlib", "plot", "`visalign plot`, and plots of `visalign maps`")


def _optuna() -> Finding:
    return _extra("optuna", "optuna", "tune", "`visalign tune`")


def _extra(name: str, package: str, extra: str, use: str, licence: str = "") -> Finding:
    """A package that an extra of the installation brings, and that one feature needs."""
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "optional", detail=use, remedy=f"pip install 'visalign[{extra}]'")
    return Finding(name, "ok", version, use + licence)


def _aligner_mfa() -> Finding:
    name, use = "Montreal Forced Aligner", "more accurate phones, more languages"
    path = shutil.which("mfa")
    if path is None:
        remedy = "conda create -n aligner -c conda-forge montreal-forced-aligner, then put its bin folder on PATH"
        return Finding(name, "optional", detail=use, remedy=remedy)
    return Finding(name, "ok", detail=f"{path} ({use})")


def _workers() -> Finding:
    """How a batch starts its processes; by name, so that nothing of a batch is loaded here."""
    name = "workers of a batch"
    if not hasattr(os, "fork"):
        remedy = "for `visalign batch` use Windows' subsystem for Linux"
        return Finding(name, "optional", detail="no batches without fork", remedy=remedy)
    if os.environ.get("VISALIGN_WORKERS", "spawn" if sys.platform == "darwin" else "fork") == "spawn":
        return Finding(name, "ok", "spawned", "each child loads everything anew (3 s) and stays for a minute of work")
    return Finding(name, "ok", "forked", "what is loaded is loaded once")


def _cores() -> Finding:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding("processor cores", "ok", str(usable))
