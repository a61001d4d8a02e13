"""``visalign observe``: what the lips show, without the sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import visalign
from visalign.commands.choices import known
from visalign.commands.console import progress_line, screen, show_warnings, show_written, tier_table
from visalign.commands.given import refuse_lonely_language, refuse_missing, said_text
from visalign.commands.options import (
    JUDGED,
    SAID,
    End,
    Face,
    Language,
    Map,
    Model,
    NeededOutput,
    NoCache,
    Overwrite,
    Quiet,
    Start,
    Text,
    Transcript,
    VideoTrack,
    lips_kept,
    output_for,
)
from visalign.config import SyncParams

if TYPE_CHECKING:
    from visalign.lips.clip_faces import ClipFaces
    from visalign.lips.kept_lips import LipCache
    from visalign.lips.lip_features import LipFeatures
    from visalign.pipeline import ClipObservation, Progress

__all__ = ["OBSERVE_EPILOG", "observe"]

OBSERVE_EPILOG = (
    "visalign observe clip.mp4 -o lips.csv\n\n"
    "visalign observe clip.mp4 -o lips.npz -o lips.TextGrid -o lips.png --map neti_2000\n\n"
    'visalign observe clip.mp4 --text "bin blue at f two now" -o lips.TextGrid    (when the lips show these words)\n\n'
    "visalign observe clip.mp4 --visemes visemes.txt --map neti_2000 -o lips.csv    (labels of the map, in order)\n\n"
    "CSV and NPZ: viseme, probabilities and features of each frame. TextGrid: visemes and lip closures. PNG, SVG, PDF: "
    'pictures of the mouth above them (pip install "visalign\\[plot]").'
)


def observe(
    video: Annotated[
        Path, typer.Argument(metavar="VIDEO", help="Clip with a face that speaks; its sound is not used.")
    ],
    output: Annotated[
        list[Path] | None,
        NeededOutput(".csv, .npz, .TextGrid, .png, .svg or .pdf; repeatable. - for CSV on standard output."),
    ] = None,
    viseme_map: Map = None,
    model: Model = None,
    face: Face = None,
    video_track: VideoTrack = None,
    landmarks: Annotated[
        str | None,
        known(
            "--landmarks",
            names=lambda: ("visalign", "dlib68"),
            metavar="NAME|FILE",
            help="Landmark model: visalign, dlib68 or its file; or 68 landmarks a frame that another program found, in "
            "OpenFace's CSV, CSV or NPZ.",
            panel=JUDGED,
        ),
    ] = None,
    text: Text = None,
    transcript: Transcript = None,
    visemes: Annotated[
        Path | None,
        typer.Option(
            help="Visemes that the lips show, in order, separated by white space: their times are found.",
            rich_help_panel=SAID,
        ),
    ] = None,
    language: Language = None,
    start: Start = None,
    end: End = None,
    no_cache: NoCache = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Read the lips: the visemes that they show, how probable, and the features of every frame."""
    refuse_missing(video)
    # These load numpy and praatio.
    from visalign.files.outputs import check_output
    from visalign.language.transcript import read_transcript
    from visalign.lips.observation_files import OBSERVATION_SUFFIXES, write_observation
    from visalign.plots.style import PLOT_SUFFIXES
    from visalign.visemes.naming import names_of

    wanted = [output_for(path, ".csv") or path for path in output or []]
    if sum(x is not None for x in (visemes, text, transcript)) > 1:
        raise typer.BadParameter("give one of --visemes, --text and --transcript")
    found = None if landmarks is None else Path(landmarks)
    inputs = [path for path in (video, model, found, visemes, transcript) if path is not None]
    for path in wanted:
        check_output(path, suffixes=(*OBSERVATION_SUFFIXES, *PLOT_SUFFIXES), overwrite=overwrite, inputs=inputs)
    labels = None if visemes is None else read_transcript(visemes).split()
    spoken, warnings = said_text(text, transcript)
    refuse_lonely_language(language, spoken)
    with progress_line(enabled=not quiet) as progress:
        cache = lips_kept(no_cache)
        clip = video if landmarks is None else _read(video, landmarks, video_track, cache, progress)
        seen = visalign.observe(
            clip,
            viseme_map=viseme_map,
            model=model,
            face=face,
            video_track=video_track,
            visemes=labels,
            transcript=spoken,
            language=language,
            lip_cache=cache,
            progress=progress,
        )
        for path in wanted:
            progress(f"writing {path.name}", None)
            if path.suffix.lower() in PLOT_SUFFIXES:
                _draw(path, video, seen, start, end)
            else:
                write_observation(path, seen.lips, seen.decoded, silence=seen.silence, forced=seen.forced)
    if not quiet:
        names = names_of(visalign.VisemeMap.load(viseme_map or SyncParams().viseme_map))
        shown = seen.visemes if seen.forced is None else seen.forced.tier
        screen().print(tier_table(shown, label="viseme", is_silence=lambda x: x == seen.silence, names=names))
        show_warnings((*warnings, *(() if seen.forced is None else seen.forced.warnings)))
        show_written(*wanted)


def _read(
    video: Path, landmarks: str, track: int | None, cache: LipCache | None, progress: Progress
) -> ClipFaces | LipFeatures:
    """The faces by a landmark model, or the lips by a file of landmarks."""
    # These load numpy.
    from visalign.lips.clip_faces import read_faces
    from visalign.lips.landmark_files import read_lips_with_landmarks
    from visalign.lips.landmark_models import is_landmark_model
    from visalign.lips.landmarks import load_detector
    from visalign.lips.lip_cache import cached_faces

    if is_landmark_model(landmarks):
        if cache is not None:
            return cached_faces(video, cache, track=track, landmarks=landmarks, progress=progress)
        return read_faces(video, detector=load_detector(landmarks=landmarks), track=track, progress=progress)
    return read_lips_with_landmarks(video, landmarks, track=track)


def _draw(path: Path, video: Path, seen: ClipObservation, start: float | None, end: float | None) -> None:
    # Matplotlib is optional.
    from visalign.plots.lips import plot_lips
    from visalign.plots.style import save_plot

    track = seen.track
    save_plot(plot_lips(video, seen.lips, seen.decoded, silence=seen.silence, start=start, end=end, track=track), path)
