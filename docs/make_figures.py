"""Draw the pictures of the README and the documentation from real runs on generated clips.

python docs/make_figures.py          # writes docs/images/*_generated.* and plot_*; needs visalign[demo,plot]
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import visalign
from visalign.media.clips import read_frames
from visalign.media.images import write_png
from visalign.plots import (
    plot_clip_mouth,
    plot_confusion,
    plot_lags,
    plot_offset,
    plot_path,
    plot_reliability,
    plot_stages,
    plot_tracks,
    save_plot,
)
from visalign.plots.overlay import write_overlay
from visalign.plots.samples import clip_leads, judged
from visalign.reports.clip_report import ClipReport

IMAGES = Path(__file__).resolve().parent / "images"
SENTENCE, LEAD = "bin blue at f two now", 0.12
OVERLAY_AT = 1.3  # seconds
N_CLIPS, LARGEST_LEAD = 30, 0.2
VERBS, COLOURS, PREPOSITIONS = ("bin", "lay", "place", "set"), ("blue", "green", "red", "white"), ("at", "by", "in")
LETTERS, DIGITS, ADVERBS = (
    "abcdefghijklmnopqrstuvxyz",
    ("one", "two", "four", "six"),
    ("again", "now", "please", "soon"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one_clip(Path(folder))
        many_clips(Path(folder))


def one_clip(folder: Path) -> None:
    """Figures of the clip of the documentation's examples."""
    truth = visalign.generate_clip(folder / "clip.mp4", text=SENTENCE, lead_seconds=LEAD)
    audio = visalign.read_audio(truth.path)
    report = visalign.check(truth.path, truth.transcript, evidence=True)
    save_plot(plot_stages(report, truth.path, audio), IMAGES / "check_generated.png")
    save_plot(plot_tracks(report, audio), IMAGES / "plot_tracks.png")
    save_plot(plot_offset(report), IMAGES / "plot_offset.png")
    save_plot(plot_path(report), IMAGES / "plot_path.png")
    shown = write_overlay(truth.path, report, folder / "shown.mp4")
    frame = next(frame for frame in read_frames(shown, colour=True) if frame.time >= OVERLAY_AT)
    write_png(IMAGES / "overlay_generated.png", frame.image)
    mouth = plot_clip_mouth(truth.path, truth.transcript, visalign.VisemeMap.load("jeffers_1971"))
    save_plot(mouth, IMAGES / "mouth_generated.svg")


def many_clips(folder: Path) -> None:
    """Figures of a run over clips whose leads are known."""
    chance, truth, run = random.Random(0), dict[str, float](), dict[str, ClipReport]()
    for k in range(N_CLIPS):
        lists = (VERBS, COLOURS, PREPOSITIONS, LETTERS, DIGITS, ADVERBS)
        text = " ".join(chance.choice(words) for words in lists)
        name, lead = f"clip_{k:02}.mp4", round(chance.uniform(-LARGEST_LEAD, LARGEST_LEAD), 3)
        clip = visalign.generate_clip(folder / name, text=text, lead_seconds=lead, seed=k)
        run[name], truth[name] = visalign.check(clip.path, text), lead
    first = next(iter(run.values())).clip
    save_plot(plot_confusion(list(run.values())), IMAGES / "plot_confusion.png")
    limits = (first.max_lead_seconds, first.max_lag_seconds)
    save_plot(plot_lags(clip_leads(run), limits=limits), IMAGES / "plot_lags.png")
    save_plot(plot_reliability(*judged(clip_leads(run), truth)), IMAGES / "plot_reliability.png")


if __name__ == "__main__":
    main()
