"""What is heard against what the lips show: phones, visemes, audio/video offset and sync, word by word.

Names are loaded when they are first used, so that ``import visalign`` and ``visalign --help`` do not wait for numpy,
pandas, FFmpeg and dlib.

Examples
--------
>>> import visalign
>>> visalign.Interval(0.5, 0.75, "AA").duration
0.25
"""

from __future__ import annotations

from visalign._version import __version__ as __version__

TYPE_CHECKING = False  # typing's own costs more to load than all of this

# The public names, once. Type checkers and editors read the imports as they stand; at run time they are not executed,
# but read as text when the first name is asked for. A stub would say each name once as well, in a file more that has to
# be shipped. Type checkers do not see __getattr__, as with it every misspelt name would pass.
if TYPE_CHECKING:
    from typing import Any

    from visalign.config import Config as Config
    from visalign.doctor import diagnose as diagnose
    from visalign.errors import AlignmentError as AlignmentError
    from visalign.errors import BackendError as BackendError
    from visalign.errors import BackendFailed as BackendFailed
    from visalign.errors import BackendUnavailable as BackendUnavailable
    from visalign.errors import ConfigError as ConfigError
    from visalign.errors import FaceNotFound as FaceNotFound
    from visalign.errors import InputError as InputError
    from visalign.errors import MediaError as MediaError
    from visalign.errors import MissingStream as MissingStream
    from visalign.errors import OutOfVocabulary as OutOfVocabulary
    from visalign.errors import OutputError as OutputError
    from visalign.errors import ParseError as ParseError
    from visalign.errors import TimelineError as TimelineError
    from visalign.errors import UnknownSymbol as UnknownSymbol
    from visalign.errors import VisalignError as VisalignError
    from visalign.face.generated_clip import generate_clip as generate_clip
    from visalign.forced_alignment import align_in_pieces as align_in_pieces
    from visalign.forced_alignment import force_align as force_align
    from visalign.forced_alignment import read_alignment as read_alignment
    from visalign.forced_alignment import recognise_phones as recognise_phones
    from visalign.forced_alignment import recognise_words as recognise_words
    from visalign.lips.clip_faces import read_faces as read_faces
    from visalign.lips.lip_features import LipFeatures as LipFeatures
    from visalign.lips.lip_features import read_lips as read_lips
    from visalign.media.clips import read_audio as read_audio
    from visalign.media.subtitles import read_subtitles as read_subtitles
    from visalign.pipeline import check as check
    from visalign.pipeline import observe as observe
    from visalign.reports.clip_report import ClipReport as ClipReport
    from visalign.signals import Audio as Audio
    from visalign.timeline import FrameTimes as FrameTimes
    from visalign.timeline import Interval as Interval
    from visalign.timeline import Tier as Tier
    from visalign.training.fitting import train_from_folder as train_from_folder
    from visalign.visemes.viseme_map import VisemeMap as VisemeMap
else:

    def __getattr__(name: str) -> Any:
        # What only the first name needs.
        from visalign.registry import lazily

        return lazily(__name__)(name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__")})
