"""What a worker is told about a clip, and the key that stands for it.

The key is a digest of everything that decides about the result: the bytes of the clip, its sound and its transcript,
all settings with the contents of the files that they name (lexicon, viseme map, lip model), and the version with its
code. Where a file lies and when it was written does not matter.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from visalign._version import __version__
from visalign.batch.ledger import Ledger
from visalign.config import Config
from visalign.corpora.clip_list import BatchClip
from visalign.errors import AnyPath, ConfigError, MediaError
from visalign.files.limits import changed_limits
from visalign.files.object_storage import identity, is_address, name_of
from visalign.reports.html_report.batch_page import clip_page_name

__all__ = ["Job", "JobMaker", "Prepared", "code_digest", "report_name"]

_KEY_FORMAT = 1
_DEFAULT_MEMORY_BYTES = 3 << 30
# Rooms that show or carry results, or measure and train, but make none. A batch itself only carries them, all but its
# worker, which makes what the summary shows.
_NOT_ANALYSIS = {
    *("batch", "cli", "commands", "correct", "doctor", "evaluation", "explanation", "exports", "live_view", "plots"),
    *("ratings", "rigs", "training", "tuning"),
}
_NOT_ANALYSIS_WITHIN = {"html_report"}
_DATA = ("visalign.lexicons", "visalign.models", "visalign.viseme_maps")


@dataclass(frozen=True, slots=True)
class Job:
    """All that a worker is told about a clip; paths are absolute.

    Parameters
    ----------
    id : str
        The clip's name in the manifest.
    clip : str
        The video.
    audio, transcript : str or None
        Files of the sound in place of the clip's own, and of what is said.
    text : str or None
        What is said, where no file holds it.
    viseme_map : str or None
        Name or file of a map, where it is not the configuration's.
    files : dict
        Size and time of each file when its digest was taken, for :func:`~visalign.media.access.refuse_changed`.
    objects : dict
        Those of `clip`, `audio` and `transcript` that are addresses, each with its identity (see
        :mod:`visalign.files.object_storage`).
    report : str
        Where the report goes.
    page : str or None
        Where the page goes, if there shall be one.
    config : dict
        :meth:`Config.to_dict <visalign.config.Config.to_dict>`.
    model, enhancement : str or None
        As for :func:`visalign.check`.
    lip_cache : str or None
        Folder where lips are kept.
    seconds : float or None
        Limit of time; None: by the clip's duration.
    memory_bytes : int
        Limit of address space.
    limits : dict
        Limits of inputs that differ from the usual ones, as environment variables.
    """

    id: str
    clip: str
    audio: str | None
    transcript: str | None
    text: str | None
    viseme_map: str | None
    files: dict[str, tuple[int, ...]]
    objects: dict[str, str]
    report: str
    page: str | None
    config: dict[str, Any]
    model: str | None
    enhancement: str | None
    lip_cache: str | None
    seconds: float | None
    memory_bytes: int
    limits: dict[str, str]

    def to_json(self) -> str:
        """One line, as a worker reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> Job:
        """The inverse of :meth:`to_json`."""
        data = json.loads(line)
        data["files"] = {path: tuple(state) for path, state in data["files"].items()}
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job with its key."""

    key: str
    job: Job


@dataclass(frozen=True, slots=True)
class JobMaker:
    """Makes the jobs of a batch.

    Parameters
    ----------
    root : Path
        Folder that the clips' paths are relative to.
    out : Path
        Folder of the results, absolute.
    config : Config
    model : str
        Path of a lip model; empty for the shipped one.
    enhancement : str or None
        As for :func:`visalign.check`.
    lip_cache : Path or None
        Where lips are kept.
    seconds : float or None
        Limit of time a clip; None: by its duration.
    memory_bytes : int
        Limit of address space a clip.
    pages : bool
        Whether each clip gets a page.
    cloud : bool
        Whether what is named by an address is read from there.
    """

    root: Path
    out: Path
    config: Config
    model: str = ""
    enhancement: str | None = None
    lip_cache: Path | None = None
    seconds: float | None = None
    memory_bytes: int = _DEFAULT_MEMORY_BYTES
    pages: bool = False
    cloud: bool = False
    _known_settings: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)

    def settings_digest(self, viseme_map: str = "", language: str = "") -> str:
        """Digest of all settings and of the files that they name, which are read once."""
        if (viseme_map, language) not in self._known_settings:
            self._known_settings[viseme_map, language] = self._settings_digest(viseme_map, language)
        return self._known_settings[viseme_map, language]

    def _settings_digest(self, viseme_map: str, language: str) -> str:
        config = self._config(viseme_map, language)
        named = (
            config.alignment.lexicon,
            config.sync.viseme_map,
            self.model,
            config.lips.grammar,
            config.sync.reference,
        )
        contents = [_content(path) for path in named]
        # A file counts by its content, and its path with nothing.
        plain = replace(
            config,
            alignment=replace(config.alignment, lexicon="" if contents[0] else config.alignment.lexicon),
            sync=replace(
                config.sync,
                viseme_map="" if contents[1] else config.sync.viseme_map,
                reference="" if contents[4] else config.sync.reference,
            ),
            lips=replace(config.lips, grammar="" if contents[3] else config.lips.grammar),
        )
        return _digest([plain.to_dict(), contents, self.enhancement])

    def prepare(self, clip: BatchClip, ledger: Ledger) -> Prepared:
        """The job of a clip, its files read for their digests where that was not done before.

        Raises
        ------
        MediaError
            If one of its files is missing or can't be read.
        """
        written = {name: getattr(clip, name) for name in ("clip", "audio", "transcript")}
        files: dict[str, tuple[int, ...]] = {}
        objects = {place: self._object(place) for place in written.values() if is_address(place)}
        digests = {
            name: objects[place] if place in objects else self._file_digest(self.root / place, ledger, files)
            for name, place in written.items()
            if place
        }
        said = None if clip.transcript else clip.text
        names = [name_of(clip.clip), name_of(clip.audio) or None]  # a report shows them
        key = _digest(
            [
                _KEY_FORMAT,
                digests,
                names,
                said,
                self.settings_digest(clip.map, clip.language),
                __version__,
                code_digest(),
            ]
        )
        return Prepared(key, self._job(clip, files, objects))

    def _job(self, clip: BatchClip, files: dict[str, tuple[int, ...]], objects: dict[str, str]) -> Job:
        report = report_name(clip.id)
        return Job(
            id=clip.id,
            clip=self._place(clip.clip) or "",
            audio=self._place(clip.audio),
            transcript=self._place(clip.transcript),
            text=clip.text or None,
            viseme_map=self._map(clip.map) or None,
            files=files,
            objects=objects,
            report=str(self.out / report),
            page=str(self.out / clip_page_name(report)) if self.pages else None,
            config=self._config(language=clip.language).to_dict(),
            model=self.model or None,
            enhancement=self.enhancement,
            lip_cache=_text(self.lip_cache),
            seconds=self.seconds,
            memory_bytes=self.memory_bytes,
            limits=changed_limits(),
        )

    def results(self, clip: BatchClip) -> list[Path]:
        """The files that a clip that is done has."""
        report = report_name(clip.id)
        return [self.out / report] + ([self.out / clip_page_name(report)] if self.pages else [])

    def missing(self, clip: BatchClip) -> list[str]:
        """What is said about the files of a clip that are not there."""
        written = [getattr(clip, name) for name in ("clip", "audio", "transcript")]
        faults = []
        for place in filter(None, written):
            if not is_address(place):
                if not (self.root / place).is_file():
                    faults.append(f"{clip.id}: there is no file {self.root / place}")
            else:
                try:
                    self._object(place)
                except MediaError as error:
                    faults.append(f"{clip.id}: {error}")
        return faults

    def _place(self, written: str) -> str | None:
        return (written if is_address(written) else str(self.root / written)) if written else None

    def _object(self, address: str) -> str:
        """The identity of an object, where the network may be used."""
        if not self.cloud:
            raise MediaError(address, "an address, and nobody said that it may be reached", "Say so: --cloud.")
        try:
            return identity(address)
        except ConfigError as error:
            raise MediaError(address, f"an address of an unknown kind; known are {error.allowed}") from error

    def _map(self, written: str) -> str:
        """A map of a manifest is a name, or a file beside it."""
        return str(self.root / written) if written.endswith(".toml") else written

    def _config(self, viseme_map: str = "", language: str = "") -> Config:
        """The settings, with the map and the language of one clip in their places."""
        chosen, config = self._map(viseme_map), self.config
        if chosen:
            config = replace(config, sync=replace(config.sync, viseme_map=chosen))
        return replace(config, alignment=replace(config.alignment, language=language)) if language else config

    def _file_digest(self, path: Path, ledger: Ledger, files: dict[str, tuple[int, ...]]) -> str:
        try:
            facts = path.stat()
            if not path.is_file():
                raise MediaError(path, "not a regular file", "Name a file in the manifest.")
            files[str(path)] = (facts.st_size, facts.st_mtime_ns)
            known = ledger.known_digest(str(path), facts)
            if known is None:
                with path.open("rb") as file:
                    known = hashlib.file_digest(file, "sha256").hexdigest()
                ledger.keep_digest(str(path), facts, known)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise MediaError(path, f"can't be read ({why})", "Correct the manifest, or bring the file back.") from error
        return known


def report_name(name: str) -> str:
    """Path of a clip's report within the folder of the results.

    Examples
    --------
    >>> report_name("s1/bbaf2n")
    'reports/s1/bbaf2n.json'
    >>> report_name("../a b")
    'reports/_/a_b-2c2c791a.json'
    """
    parts = [_safe(part) for part in name.split("/")]
    safe = "/".join(parts)
    # What had to be changed could meet another name: its own digest tells them apart.
    mark = "" if safe == name else "-" + hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"reports/{safe}{mark}.json"


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _safe(part: str) -> str:
    kept = re.sub(r"[^\w.+=,@-]", "_", part).lstrip(".-")
    return kept.encode()[:150].decode(errors="ignore") or "_"


def _content(path: AnyPath) -> str:
    """SHA-256 of a file's content; empty where there is no such file."""
    file = Path(path)
    return hashlib.sha256(file.read_bytes()).hexdigest() if str(path) and file.is_file() else ""


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


@functools.cache
def code_digest() -> str:
    """Digest of the code that makes results and of the data that it ships with, so that whoever changes them does not
    get yesterday's.
    """
    digest = hashlib.sha256()
    for path in _code():
        digest.update(path.read_bytes())
    for package in _DATA:
        for file in sorted(importlib.resources.files(package).iterdir(), key=lambda x: x.name):
            if file.is_file() and not file.name.endswith((".py", ".md", ".txt")):
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _code() -> list[Path]:
    """The modules that make results."""
    package = Path(__file__).parents[1]
    return [path for path in sorted(package.rglob("*.py")) if _makes_results(path.relative_to(package).with_suffix(""))]


def _makes_results(module: Path) -> bool:
    if module == Path("batch/worker"):
        return True
    return module.parts[0] not in _NOT_ANALYSIS and _NOT_ANALYSIS_WITHIN.isdisjoint(module.parts)
