"""Draw the pictures of the README and the documentation from real runs on generated clips.

python docs/make_figures.py          # writes docs/images/check_*.png and .svg; needs visalign[demo,plot]
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import visalign
from visalign.media import read_frames
from visalign.report import ClipReport

IMAGES = Path(__file__).resolve().parent / "images"
INK, EARLY, LIPS, SOUND, QUIET = "#22303c", "#c8453b", "#2f7f79", "#9a6b1f", "#c9d1d9"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        truth = visalign.generate_clip(Path(folder) / "clip.mp4", lead_seconds=0.12)
        lips, audio = visalign.read_lips(truth.path), visalign.read_audio(truth.path)
        report = visalign.check(lips, truth.transcript, audio=audio)
        faces = [(frame.time, frame.image) for frame in read_frames(truth.path, colour=True)]
    tracks(report, lips, audio, faces)


def tracks(report: ClipReport, lips: visalign.LipFeatures, audio: visalign.Audio, faces: list) -> None:
    """Mouths, sound, words, opening and offset of one clip."""
    lead = report.sync.lead_seconds
    figure = plt.figure(figsize=(12, 5.6), layout="constrained")
    grid = figure.add_gridspec(4, 4, height_ratios=[1.25, 0.8, 0.5, 1.2])
    start, end = 0.6, 3.4
    strip = figure.add_subplot(grid[0, :3])
    mouths = [image[225:360, 182:298] for time, image in faces if start <= time < end][4::9]
    strip.imshow(np.hstack(mouths), extent=(start, end, 0, 1), aspect="auto")
    strip.set_yticks([])
    strip.set_ylabel("lips")
    sound = figure.add_subplot(grid[1, :3], sharex=strip)
    times = np.arange(len(audio.samples)) / audio.rate_hz
    part = (times >= start) & (times < end)
    sound.plot(times[part][::8], audio.samples[part][::8], color=SOUND, linewidth=0.5)
    sound.set_yticks([])
    sound.set_ylabel("sound")
    words = figure.add_subplot(grid[2, :3], sharex=strip)
    words.set_yticks([])
    words.set_ylabel("words")
    for row in report.segments.itertuples():
        if start <= row.start and row.end <= end:
            words.axvspan(row.start, row.end, color=QUIET, ec="white")
            words.text((row.start + row.end) / 2, 0.5, row.label, ha="center", va="center", color=INK)
    opening = figure.add_subplot(grid[3, :3], sharex=strip)
    opening.plot(lips.times.centres, lips.column("inner_aperture"), color=LIPS, label="lip opening, as seen")
    opening.set_ylabel("opening (iod)")
    opening.set_xlabel("seconds")
    opening.set_xlim(start, end)
    for phone in report.phones:
        if phone.label in ("P", "B", "M") and start <= phone.start and phone.end < end:
            opening.axvspan(phone.start, phone.end, color=SOUND, alpha=0.35, lw=0)
            opening.annotate(
                "",
                (phone.centre + lead, 0.0),
                (phone.centre, 0.0),
                arrowprops={"arrowstyle": "->", "color": EARLY, "lw": 1.6},
            )
    opening.axvspan(0, 0, color=SOUND, alpha=0.35, lw=0, label="P, B, M, as heard")
    opening.plot([], [], color=EARLY, label=f"measured lead, {1000 * lead:+.0f} ms")
    opening.legend(loc="upper right", ncols=3, fontsize=8, framealpha=0.9)
    offset_curve(figure.add_subplot(grid[:, 3]), report)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(IMAGES / "check_generated.png", dpi=110)
    plt.close(figure)


def offset_curve(axes: plt.Axes, report: ClipReport) -> None:
    """How well the lips fit the sound at each lag, and the limits of the verdict."""
    lags = 1000 * np.array(report.sync.lags)
    axes.axvspan(-1000 * report.clip.max_lag_seconds, 1000 * report.clip.max_lead_seconds, color=QUIET, alpha=0.6, lw=0)
    axes.text(-10, 0.02, "in sync", ha="center", transform=axes.get_xaxis_transform(), color=INK, fontsize=8)
    axes.plot(lags, report.sync.log_likelihoods, color=LIPS)
    axes.axvline(1000 * report.sync.lead_seconds, color=EARLY)
    low, high = report.sync.lead_interval
    axes.axvspan(1000 * low, 1000 * high, color=EARLY, alpha=0.2, lw=0)
    axes.set_title(
        f"Audio is {1000 * report.sync.lead_seconds:.0f} ms early\n(truth: 120 ms)", color=EARLY, fontsize=11
    )
    axes.set_xlabel("lead of the audio (ms)")
    axes.set_ylabel("log-likelihood of the lips")
    axes.yaxis.set_label_position("right")
    axes.yaxis.tick_right()


if __name__ == "__main__":
    main()
