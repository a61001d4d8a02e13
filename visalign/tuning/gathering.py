"""The clips of a search, prepared once for each way in which their sound is cleared and aligned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from visalign.config import Config
from visalign.corpora.training_data import TrainingClip
from visalign.errors import BAD_DATA, AnyPath, InputError, VisalignError
from visalign.files.data_files import read_json
from visalign.files.text_files import format_json, write_text
from visalign.sync.lip_model import LipModel
from visalign.tuning.material import TuningClip, prepare_clip, with_foreign_sound

__all__ = ["Gathered"]

Progress: TypeAlias = Callable[[str, float | None], None]

_TIMES = "preparing.json"


class Gathered:
    """Clips that are prepared when a configuration first asks for them.

    Parameters
    ----------
    clips : sequence of TrainingClip
    folder : path-like
        Keeps the lips, and what preparing a clip cost when it was first measured: a study that goes on on a busier day
        must not find other rewards.
    model : LipModel
        What judges the clips.
    models : mapping of str to LipModel, optional
        Other models for some speakers: those that were trained without them.
    progress : callable, optional
        Is told what is done and which part of it is behind.
    """

    def __init__(
        self,
        clips: Sequence[TrainingClip],
        folder: AnyPath,
        model: LipModel,
        models: Mapping[str, LipModel] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._clips, self._folder, self._model = list(clips), Path(folder), model
        self._models = dict(models or {})
        self._prepared: dict[str, list[TuningClip]] = {}
        self._progress = progress
        self.left_out: list[tuple[str, str]] = []
        """Clips that could not be used, each with the reason."""

    def __getstate__(self) -> dict[str, object]:
        # A worker has nobody to tell.
        return self.__dict__ | {"_progress": None}

    def __call__(self, config: Config) -> list[TuningClip]:
        """The clips for a configuration; only its ways to clear and align the sound count.

        Raises
        ------
        InputError
            If no clip can be used.
        """
        key = json.dumps([config.to_dict()["alignment"], config.lips.detect_every])
        if key not in self._prepared:
            self._prepared[key] = self._timed(key, with_foreign_sound(list(self._prepare(config))))
            if not self._prepared[key]:
                reasons = "; ".join(f"{name}: {reason}" for name, reason in self.left_out[:3])
                raise InputError(f"no clip can be used. {reasons}")
        return self._prepared[key]

    def only(self, speakers: Sequence[str]) -> Gathered:
        """The clips of some speakers, with what is prepared of them."""
        part = Gathered(
            [clip for clip in self._clips if clip.speaker in speakers],
            self._folder,
            self._model,
            self._models,
            self._progress,
        )
        part._prepared = {
            key: [clip for clip in clips if clip.speaker in speakers] for key, clips in self._prepared.items()
        }
        return part

    @property
    def digest(self) -> str:
        """SHA-256 over names, transcripts and speakers of the clips, as hex."""
        rows = [(clip.path.name, clip.transcript, clip.speaker) for clip in self._clips]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def _prepare(self, config: Config) -> list[TuningClip]:
        found, self.left_out = [], []
        for turn, clip in enumerate(self._clips):
            if self._progress is not None:
                self._progress(f"preparing {clip.path.name}", turn / len(self._clips))
            model = self._models.get(clip.speaker, self._model)
            try:
                ready = prepare_clip(clip, model=model, config=config, turn=turn, lip_cache=self._folder / "lips")
                # Numbered, since two speakers may have files of one name.
                found.append(replace(ready, name=f"{turn + 1} {ready.name}"))
            except VisalignError as error:  # a damaged clip must not cost the others
                self.left_out.append((clip.path.name, str(error)))
        return found

    def _timed(self, key: str, clips: list[TuningClip]) -> list[TuningClip]:
        """The clips with the cost of their first preparation."""
        file = self._folder / _TIMES
        kept = _kept_times(file)
        known = kept.setdefault(key, {})
        missing = [clip for clip in clips if clip.name not in known]
        if missing:
            known.update({clip.name: round(clip.preparing_seconds, 4) for clip in missing})
            self._folder.mkdir(parents=True, exist_ok=True)
            write_text(file, format_json(kept))
        return [replace(clip, preparing_seconds=known[clip.name]) for clip in clips]


def _kept_times(file: Path) -> dict[str, dict[str, float]]:
    """What the first preparations cost, by configuration and clip; a file that is none or damaged is made anew."""
    try:
        kept = read_json(file)
        return {str(key): {str(name): float(x) for name, x in times.items()} for key, times in kept.items()}
    except BAD_DATA:
        return {}
