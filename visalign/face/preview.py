"""A video of a mouth that says a timeline: to look at an export before it goes into a rig.

Three styles. ``smooth``: the drawn face of :mod:`visalign.face.avatar`, with lips that move as phones ask. ``cues``:
the same face, showing the step track of a rig, one mouth at a time, with mouths that are data. ``images``: the user's
own pictures, one a shape, as Rhubarb's and Papagayo's users have them.

Conventions
-----------
Each frame shows what holds at its middle. Lips lead by `lead_frames` where asked; by default sound and lips coincide.
"""

from __future__ import annotations

import importlib.resources
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import cache, lru_cache
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import affine_transform

from visalign.animation.lip_trajectory import LipShape, lip_trajectory
from visalign.animation.mouth_rules import RHUBARB, MouthRules
from visalign.errors import AnyPath, ConfigError, ParseError, UnknownSymbol, quoted
from visalign.exports.cue_track import frame_track, mouth_rules
from visalign.exports.exporter import ExportOptions
from visalign.exports.frames_csv import FramesCsv
from visalign.exports.hand_edits import apply_edits
from visalign.exports.utterance import Utterance
from visalign.face.avatar import FaceLook, FacePainter
from visalign.face.face_motion import FaceMotion, face_motion
from visalign.files.data_files import parse_toml, read_toml
from visalign.language.ipa import without_marks
from visalign.language.phones import SILENCE, convert, is_silence, seen_as_english
from visalign.media.clips import write_clip
from visalign.media.images import IMAGE_SUFFIXES, read_image
from visalign.signals import Audio, Image
from visalign.timeline import Tier
from visalign.visemes.viseme_map import VisemeMap

__all__ = [
    "LENS_BLUR",
    "STYLES",
    "PreviewOptions",
    "english_phones",
    "mouths_of",
    "preview_frames",
    "read_mouth_images",
    "read_mouths",
    "write_preview",
]

STYLES = ("smooth", "cues", "images")

DEFAULT_RATE = Fraction(25)
LENS_BLUR = 1.5 / 480
"""Blur of the drawn face, a part of its size. Landmarks were learnt on photographs, and find the lips of a drawing
better where its edges are as soft as a camera's: of 0, 1, 1.5 and 2.2 pixels at 480, 1.5 gave the best viseme accuracy
(docs/exports.md)."""
_LEVELS = 3  # steps of lids and brows that are painted; each new combination costs a quarter of a second

_HELD_SECONDS = 0.5  # of a sound that is held until its mouth is there

# An English phone with the same mouth, for phones that English has not.
_STAND_IN = {
    "sil": SILENCE, "PP": "P", "FF": "F", "TH": "TH", "DD": "T", "kk": "K", "CH": "SH", "SS": "S", "nn": "N", "RR": "R",
    "aa": "AA", "E": "EH", "ih": "IY", "oh": "AO", "ou": "UW",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PreviewOptions:
    """How a preview looks.

    Parameters
    ----------
    style : {"smooth", "cues", "images"}
        See the module.
    size_px : int
        Width and height of the drawn face.
    seed : int
        Of the face's blinks and sway; its look is always the same.
    blinks, brows, head : bool
        What moves besides the mouth.
    mouths : path-like or None
        TOML of mouths for ``cues``; the shipped ones by default.
    images : path-like or None
        Folder of pictures for ``images``, each named like its shape.
    """

    style: str = "smooth"
    size_px: int = 480
    seed: int = 0
    blinks: bool = False
    brows: bool = False
    head: bool = False
    mouths: str | PathLike[str] | None = None
    images: str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ConfigError("style", self.style, STYLES)
        if not 64 <= self.size_px <= 4096:
            raise ConfigError("size", self.size_px, "64 to 4096 pixels")
        if (self.style == "images") != (self.images is not None):
            raise ConfigError("images", str(self.images), "a folder of pictures, together with the style images")


def write_preview(
    path: AnyPath,
    utterance: Utterance,
    audio: Audio | None,
    options: ExportOptions | None = None,
    look: PreviewOptions | None = None,
) -> Path:
    """Write a clip of the face that says `utterance`, with its sound.

    Parameters
    ----------
    path : path-like
        The MP4.
    utterance : Utterance
        What is said when.
    audio : Audio or None
        The sound; None for a silent clip.
    options : ExportOptions, optional
        Rate, lead, map, shapes, edits.
    look : PreviewOptions, optional
        How it looks.

    Raises
    ------
    ConfigError, ParseError, MediaError
        If an option is impossible, or a file of mouths or a picture can't be used.
    OutputError
        If it can't be written there.
    """
    options, look = options or ExportOptions(), look or PreviewOptions()
    rate = options.rate or DEFAULT_RATE
    return write_clip(path, preview_frames(utterance, audio, options, look), rate, audio)


def preview_frames(
    utterance: Utterance, audio: Audio | None, options: ExportOptions, look: PreviewOptions
) -> Iterator[Image]:
    """The pictures, uint8 RGB of shape (height, width, 3)."""
    rate = options.rate or DEFAULT_RATE
    if look.style == "images":
        assert look.images is not None
        pictures = read_mouth_images(look.images, options.shapes or mouth_rules(options).shapes)
        return (pictures[shape] for shape in _shapes(utterance, options, rate))
    lips = _cue_lips(utterance, options, look, rate) if look.style == "cues" else _smooth_lips(utterance, options, rate)
    centres = (np.arange(len(lips)) + 0.5) / float(rate)
    still = audio is None or not (look.blinks or look.brows or look.head)
    motion = (
        FaceMotion.still(len(lips))
        if still or audio is None
        else face_motion(audio, centres, seed=look.seed, blinks=look.blinks, brows=look.brows, head=look.head)
    )
    return _drawn(lips, motion, look.size_px)


def _smooth_lips(utterance: Utterance, options: ExportOptions, rate: Fraction) -> list[LipShape]:
    phones = english_phones(utterance.phones, utterance.alphabet)
    if options.edits:
        phones = apply_edits(phones, [replace(x, shape=_phone_of(x.shape)) for x in options.edits])
    n_frames = max(1, int(np.ceil(round(utterance.duration * float(rate), 6))))
    heard = (np.arange(n_frames) + 0.5 + options.lead_frames) / float(rate)
    return [LipShape(*row) for row in lip_trajectory(phones, heard).tolist()]


def _phone_of(viseme: str) -> str:
    if viseme not in _STAND_IN:
        raise UnknownSymbol(viseme, tuple(_STAND_IN))
    return _STAND_IN[viseme]


# The map puts these with the spread vowels, as its source does; a drawn mouth has to show their lips.
_ROUNDED_FRONT = {"ø": "UH", "œ": "AO", "ɞ": "ER"}


def english_phones(phones: Tier, alphabet: str) -> Tier:
    """The tier in ARPABET; a phone that English has not becomes one with the same viseme.

    Raises
    ------
    UnknownSymbol
        If a label is no phone of the alphabet.
    """

    ipa_map = VisemeMap.load("oculus_15_ipa")

    @cache
    def english(label: str) -> str:
        if is_silence(label):
            return SILENCE
        try:
            return seen_as_english(label, alphabet)
        except UnknownSymbol:
            if alphabet == "arpabet":
                raise
            rounded = _ROUNDED_FRONT.get(without_marks(convert(label, alphabet, "ipa")))
            return rounded or _STAND_IN[ipa_map.lookup(label, alphabet)]

    return phones.relabel(english)


def _shapes(utterance: Utterance, options: ExportOptions, rate: Fraction) -> list[str]:
    track = frame_track(utterance, replace(options, rate=rate), FramesCsv(), mouth_rules(options))
    return [shape for _, shape in track.shapes()]


def _cue_lips(utterance: Utterance, options: ExportOptions, look: PreviewOptions, rate: Fraction) -> list[LipShape]:
    mouths = mouths_of(mouth_rules(options), look.mouths)
    return [mouths[shape] for shape in _shapes(utterance, options, rate)]


def mouths_of(rules: MouthRules, path: AnyPath | None = None) -> dict[str, LipShape]:
    """The mouth of the drawn face for each shape of a rig.

    Parameters
    ----------
    rules : MouthRules
        Of the rig.
    path : path-like, optional
        TOML with mouths of the user's own (:func:`read_mouths`); shapes that it lacks, and without it those of every
        viseme map, are as the first sound of the shape makes them.

    Raises
    ------
    ParseError
        If the file can't be used.
    """
    is_shipped = path is None and rules.id == RHUBARB
    given = read_mouths(path) if path is not None or is_shipped else {}
    return {shape: given[shape] if shape in given else _sounded(rules, shape) for shape in rules.shapes}


def _sounded(rules: MouthRules, shape: str) -> LipShape:
    known = rules.viseme_map.classes.get(shape)
    phones = () if known is None or shape == rules.rest else known.phones
    if not phones:
        return LipShape()
    held = Tier("phones", (0.0, _HELD_SECONDS), (phones[0],))
    tier = english_phones(held, rules.viseme_map.alphabet)
    return LipShape(*lip_trajectory(tier, [_HELD_SECONDS / 2]).tolist()[0])


def read_mouths(path: AnyPath | None = None) -> dict[str, LipShape]:
    """Shape → mouth of the drawn face, from a TOML file; the shipped ones by default.

    Raises
    ------
    ParseError
        If it can't be read, or a value is not a number of :class:`visalign.animation.lip_trajectory.LipShape`.
    """
    shipped = importlib.resources.files("visalign.rigs") / "avatar_mouths.toml"
    where = "avatar_mouths.toml" if path is None else str(path)
    data = parse_toml(where, shipped.read_text(encoding="utf-8")) if path is None else read_toml(path)
    return {shape: _mouth(where, shape, row) for shape, row in data.items()}


def _mouth(path: str, shape: str, row: object) -> LipShape:
    if not isinstance(row, dict):
        raise ParseError(path, None, f"{shape} = {quoted(row)}: wanted a table of the mouth's numbers, [{shape}]")
    known = {x.name for x in fields(LipShape)}
    given = {key: x for key, x in row.items() if isinstance(x, int | float) and not isinstance(x, bool)}
    numbers = {key: float(x) for key, x in given.items() if math.isfinite(x) and key in known}
    wrong = [key for key in row if key not in numbers]
    if wrong:
        raise ParseError(
            path, None, f"[{shape}] {wrong[0]}: not a number of a mouth; known: {', '.join(sorted(known))}"
        )
    return LipShape(**numbers)


def read_mouth_images(folder: AnyPath, shapes: Iterable[str]) -> dict[str, Image]:
    """The user's picture of each shape, all of one size.

    Raises
    ------
    ConfigError
        If a shape has no picture, or one has another size than the rest.
    MediaError
        If a picture can't be read.
    """
    found = dict[str, Image]()
    for shape in shapes:
        path = next((p for x in IMAGE_SUFFIXES if (p := Path(folder, shape + x)).is_file()), None)
        if path is None:
            raise ConfigError("images", str(folder), f"a folder with a picture for each shape; {shape}.png is missing")
        found[shape] = read_image(path)
    sizes = {image.shape[:2] for image in found.values()}
    if len(sizes) > 1:
        raise ConfigError("images", str(folder), f"pictures of one size; these have {sorted(sizes)}")
    return found


def _drawn(lips: Iterable[LipShape], motion: FaceMotion, size_px: int) -> Iterator[Image]:
    @lru_cache(maxsize=_LEVELS**2 + 1)
    def painter(lids: int, brows: int) -> FacePainter:
        blur_px = LENS_BLUR * size_px
        return FacePainter(FaceLook(), size_px, blur_px=blur_px, lids=lids / _LEVELS, brows=brows / _LEVELS)

    for i, shape in enumerate(lips):
        face = painter(round(_LEVELS * float(motion.lids[i])), round(_LEVELS * float(motion.brows[i])))
        picture = face.draw(shape)
        yield _moved(picture, float(motion.shift_x[i]), float(motion.shift_y[i]), float(motion.roll[i]))


def _moved(picture: Image, shift_x: float, shift_y: float, roll: float) -> Image:
    """The picture shifted (parts of its size) and turned (radians) about its middle."""
    if not (shift_x or shift_y or roll):
        return picture
    size = picture.shape[0]
    turn = np.asarray([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    middle = np.asarray([size / 2, size / 2])
    offset = middle - turn @ (middle + size * np.asarray([shift_y, shift_x]))
    planes = [affine_transform(picture[..., k], turn, offset, order=1, mode="nearest") for k in range(3)]
    moved: npt.NDArray[np.uint8] = np.stack(planes, axis=-1)
    return moved
