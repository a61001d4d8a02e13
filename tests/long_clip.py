"""A long clip's report and viewing copy, made of many copies of a short one; for tests of pages."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import av
import numpy as np

from visalign import Audio, ClipReport, Tier
from visalign.media.viewing_copy import ViewingCopy
from visalign.sync.evidence import ClipEvidence, LocalLead

FRAME_SECONDS = 0.04


def tiled_report(report: ClipReport, n: int) -> ClipReport:
    """`report` n times over, one after the other, with its evidence."""
    period = report.clip.n_frames * FRAME_SECONDS
    starts = period * np.arange(n)
    judged = [one for _ in starts for one in report.judged_words]
    tiers = {
        name: tiled_tier(getattr(report, name), period, n)
        for name in ("words", "phones", "expected_visemes", "observed_visemes")
    }
    # the words of the table must be those of the tier to the last bit
    words = [x for x in tiers["words"] if x.label]
    judged = [replace(one, start=x.start, end=x.end) for one, x in zip(judged, words, strict=True)]
    clip = replace(report.clip, duration=period * n, n_frames=report.clip.n_frames * n)
    assert report.evidence is not None
    evidence = tiled_evidence(report.evidence, period, n)
    return replace(report, clip=clip, judged_words=tuple(judged), evidence=evidence, **tiers)


def tiled_tier(tier: Tier, period: float, n: int) -> Tier:
    """`tier` cropped to one period, n times over."""
    part = tier.crop(max(tier.start, 0.0), min(tier.end, period))
    rows = [
        replace(x, start=round(x.start, 9), end=round(x.end, 9)) for k in range(n) for x in part.shift(k * period)
    ]  # so that the end of one is the start of the next to the last bit
    silence = "SIL" if tier.name == "phones" else ""
    return Tier.from_intervals(tier.name, rows, start=0.0, end=round(n * period, 9), gap_label=silence)


def tiled_evidence(evidence: ClipEvidence, period: float, n: int) -> ClipEvidence:
    """`evidence` n times over."""

    def later(times: Any) -> Any:
        return (times + period * np.arange(n)[:, None]).ravel()

    def again(values: Any) -> Any:
        return np.tile(values, (n, *[1] * (values.ndim - 1)))

    n_moments = len(evidence.moments)
    indices = {
        name: (getattr(evidence, name) + n_moments * np.arange(n)[:, None]).ravel()
        for name in ("path_expected", "path_observed")
    }
    local = evidence.local
    moved = {name: later(getattr(evidence, name)) for name in ("times", "centres", "moments")}
    rows = ("mouth", "aperture", "expected_shapes", "posteriors", "acceptable", "log_likelihoods")
    tiles = {name: again(getattr(evidence, name)) for name in rows}
    parts = {f.name: again(getattr(local, f.name)) for f in fields(local)}
    return replace(evidence, **moved, **indices, **tiles, local=LocalLead(**parts | {"times": later(local.times)}))


def tiled_copy(copy: ViewingCopy, period: float, n: int) -> ViewingCopy:
    """The same video n times over, without encoding it again."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as output:
        with av.open(io.BytesIO(copy.data)) as source:
            streams = {s.index: output.add_stream_from_template(s) for s in source.streams}
        ends = dict.fromkeys(streams, -1)
        for k in range(n):
            with av.open(io.BytesIO(copy.data)) as source:
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    shift = round(Fraction(period * k).limit_denominator(1000) / packet.time_base)
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    if packet.dts <= ends[packet.stream.index]:
                        continue  # the sound of a period is a little longer than its pictures
                    ends[packet.stream.index] = packet.dts
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)
    return replace(copy, data=target.getvalue(), boxes=np.tile(copy.boxes, (n, 1)))


def tiled_sound(sound: Audio, period: float, n: int) -> Audio:
    """The sound n times over, each time in another noise, so that no two stretches are alike."""
    size = round(period * sound.rate_hz)
    part = np.pad(sound.samples, (0, max(0, size - len(sound.samples))))[:size]
    noise = np.random.default_rng(0).normal(0.0, 2e-3, n * size)
    return replace(sound, samples=(np.tile(part, n) + noise).astype(np.float32))
