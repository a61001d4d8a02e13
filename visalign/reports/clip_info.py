"""What was analysed, and with what: the facts at the head of a report.

Conventions
-----------
Plain data: each class has a JSON form (``to_dict``) and can be read back from it (``from_dict``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from visalign.files.text_files import rounded
from visalign.sync.own_bias import OwnBias
from visalign.sync.speaking_face import FaceCandidate
from visalign.visemes.naming import known_names

__all__ = ["ClipInfo", "ModelInfo", "SoundInfo"]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A trained model that took part, and what its licence allows.

    Parameters
    ----------
    name : str
        What it is, with its version where it has one.
    licence : str
        Its licence in a few words.
    """

    name: str
    licence: str

    @property
    def binds(self) -> bool:
        """Whether its terms forbid a use, or nobody knows them.

        Then they are said wherever the model was used; those of other models stand on the page, in the JSON and in
        what `visalign doctor` says.
        """
        return any(words in self.licence for words in ("excludes", "no commercial use", "does not know"))


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """How good the sound is that was analysed; see :mod:`visalign.sound.quality`.

    Parameters
    ----------
    snr_db : float or None
        Power of the speech over that of the pauses, dB; None where one of them is missing.
    loudness_lufs : float or None
        Integrated loudness; None for silence, or less than 0.4 s.
    clipped_fraction : float or None
        Part of the samples at full scale, 0..1; None without samples.
    enhancement : str or None
        The chain that the sound was run through before; None where it was left as it is.
    before : SoundInfo or None
        The same of the sound before that chain; None where there was none.
    """

    snr_db: float | None
    loudness_lufs: float | None
    clipped_fraction: float | None
    enhancement: str | None = None
    before: SoundInfo | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "snr_db": rounded(self.snr_db),
            "loudness_lufs": rounded(self.loudness_lufs),
            "clipped_fraction": rounded(self.clipped_fraction),
            "enhancement": self.enhancement,
            "before": None if self.before is None else self.before.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SoundInfo:
        """The inverse of :meth:`to_dict`."""
        before = data["before"]
        return cls(**{**data, "before": None if before is None else cls.from_dict(before)})


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What was analysed, and with what.

    Parameters
    ----------
    name : str
        Name of the video file, without its folder.
    duration : float
        Seconds of picture.
    n_frames : int
        Frames of picture.
    frame_rate : Fraction
        Nominal frames a second.
    face_fraction : float
        Part of the frames in which a face was found, 0..1.
    audio : str or None
        Name of a separate audio file, without its folder; None where the clip's own sound was analysed.
    transcript : str or None
        What is said; None where the phones were recognised instead.
    viseme_map : str
        Name of the phoneme→viseme map.
    silence_viseme : str
        The viseme of silence in that map.
    aligner : str
        The engine that found the phones.
    profile : str
        Name of the verdict profile.
    max_lead_seconds, max_lag_seconds : float
        How far the audio may lead or lag the lips to be called in sync (both positive).
    models : tuple of ModelInfo
        The trained models that took part.
    version : str
        Version of visalign.
    sound : SoundInfo or None
        How good the sound is; None in a report of a version that did not measure it.
    faces : tuple of FaceCandidate
        All faces, where the picture shows more than one.
    speech_coverage : float or None
        Part of the frames of speech that were judged, 0..1: a face is seen, and its mouth does not rest. None where
        nobody speaks.
    strict : bool
        Whether a clip whose 95 % interval reaches across a limit is uncertain even where its lead lies within.
    video_track : int or None
        Index of the video stream, where the clip has several.
    reference : OwnBias or None
        Bias of speaker and camera that was taken off, and the clip that it was learnt from.
    viseme_names : mapping of str to str
        The visemes of the map in words; empty in a report of a version that did not keep them (see :attr:`names`).
    """

    name: str
    duration: float
    n_frames: int
    frame_rate: Fraction
    face_fraction: float
    audio: str | None
    transcript: str | None
    viseme_map: str
    silence_viseme: str
    aligner: str
    profile: str
    max_lead_seconds: float
    max_lag_seconds: float
    models: tuple[ModelInfo, ...] = field(repr=False)
    version: str
    sound: SoundInfo | None = None
    faces: tuple[FaceCandidate, ...] = field(default=(), repr=False)
    speech_coverage: float | None = None
    strict: bool = False
    video_track: int | None = None
    viseme_names: Mapping[str, str] = field(default_factory=dict, repr=False)
    reference: OwnBias | None = None

    @property
    def names(self) -> Mapping[str, str]:
        """The visemes in words, also of an older report on a map that is shipped."""
        return self.viseme_names or known_names(self.viseme_map)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        faces = [{key: rounded(x) for key, x in asdict(face).items()} for face in self.faces]
        facts = {key: _rounded(x) for key, x in asdict(self).items()}
        if self.video_track is None:  # of most clips there is nothing to say
            del facts["video_track"]
        if self.reference is None:
            del facts["reference"]
        else:
            facts["reference"] = {key: _rounded(x) for key, x in asdict(self.reference).items()}
        sound = None if self.sound is None else self.sound.to_dict()
        models = [asdict(model) for model in self.models]
        return facts | {
            "frame_rate": str(self.frame_rate),
            "models": models,
            "sound": sound,
            "faces": faces,
            "viseme_names": dict(self.viseme_names),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClipInfo:
        """The inverse of :meth:`to_dict`."""
        models = tuple(ModelInfo(**model) for model in data["models"])
        sound = data.get("sound")
        known = {
            "frame_rate": Fraction(data["frame_rate"]),
            "models": models,
            "sound": None if sound is None else SoundInfo.from_dict(sound),
            "faces": tuple(FaceCandidate(**face) for face in data.get("faces", ())),
            "viseme_names": {str(key): str(x) for key, x in data.get("viseme_names", {}).items()},
            "reference": None if (reference := data.get("reference")) is None else OwnBias(**reference),
        }
        return cls(**{**data, **known})


def _rounded(value: Any) -> Any:
    return rounded(value) if isinstance(value, float) else value
