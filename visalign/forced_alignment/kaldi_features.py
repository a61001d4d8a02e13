"""Features of Kaldi's GMM models: MFCC, mean subtraction, then deltas or spliced frames under an LDA transform.

MFCCs are those of kaldi-native-fbank, which is Kaldi's own code for them [1]_.

Conventions
-----------
Samples are rounded to 16 bits, as Kaldi reads them. Frames are rows. Where a frame has no neighbours, the first or last
frame stands in for them.

Times: frame ``i`` of MFA's alignments covers ``[i, i + 1) × frame shift`` of its output. With `snip_edges` the first
window begins at the first sample, so that its middle lies half a window, less half a shift, later than MFA says;
without, windows are centred on the frames (see `FeatureOptions.offset`).

References
----------
.. [1] F. Kuang, kaldi-native-fbank, https://github.com/csukuangfj/kaldi-native-fbank
"""

from __future__ import annotations

from dataclasses import dataclass

import kaldi_native_fbank
import numpy as np
import numpy.typing as npt

from visalign.errors import AlignmentError
from visalign.media.clips import resampled
from visalign.signals import Audio

__all__ = ["FeatureOptions", "add_deltas", "mfcc", "splice", "subtract_mean"]

DITHER_SEED = 0
"""Kaldi's dither is another one in each run; this one repeats."""

DELTA_WINDOW = 2
"""Frames on each side from which Kaldi computes a slope."""

FULL_SCALE = 32768.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FeatureOptions:
    """How the sound becomes MFCCs; the defaults are those of the Montreal Forced Aligner's ``align``.

    Parameters
    ----------
    rate_hz : int
        Samples a second.
    frame_shift, frame_length : float
        Seconds.
    n_coefficients, n_mel_bins : int
    low_hz, high_hz : float
        Edges of the mel filters; not above 0: from half the sample rate downwards.
    snip_edges : bool
        Use only windows that lie within the sound.
    dither : float
        Standard deviation of the noise that is added, in 16-bit steps.
    energy_floor, preemphasis, lifter : float
    use_energy : bool
        Let the log energy stand in for the first coefficient.
    """

    rate_hz: int = 16000
    frame_shift: float = 0.01
    frame_length: float = 0.025
    n_coefficients: int = 13
    n_mel_bins: int = 23
    low_hz: float = 20.0
    high_hz: float = 7800.0
    snip_edges: bool = False
    dither: float = 0.0
    energy_floor: float = 0.0
    preemphasis: float = 0.97
    lifter: float = 22.0
    use_energy: bool = False

    @property
    def offset(self) -> float:
        """Seconds from ``i × frame_shift`` to the middle between frame ``i − 1`` and frame ``i``."""
        return 0.5 * (self.frame_length - self.frame_shift) if self.snip_edges else 0.0

    def for_library(self) -> kaldi_native_fbank.MfccOptions:
        """These options in the form that kaldi-native-fbank wants."""
        options = kaldi_native_fbank.MfccOptions()
        frame, mel = options.frame_opts, options.mel_opts
        frame.samp_freq, frame.dither, frame.snip_edges = self.rate_hz, 0.0, self.snip_edges
        frame.frame_shift_ms, frame.frame_length_ms = 1000 * self.frame_shift, 1000 * self.frame_length
        frame.preemph_coeff = self.preemphasis
        mel.num_bins, mel.low_freq, mel.high_freq = self.n_mel_bins, self.low_hz, self.high_hz
        options.num_ceps, options.use_energy = self.n_coefficients, self.use_energy
        options.energy_floor, options.cepstral_lifter = self.energy_floor, self.lifter
        return options


def mfcc(audio: Audio, options: FeatureOptions) -> Floats:
    """MFCCs of `audio`, shape (n_frames, n_coefficients).

    Raises
    ------
    AlignmentError
        If the audio is shorter than one window.
    """
    samples = resampled(audio.samples, audio.rate_hz, options.rate_hz)
    # Kaldi reads 16-bit sound: rounding to its steps is what makes the quiet frames of its models come out the same.
    samples = np.round(np.clip(samples * np.float32(FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1))
    if options.dither:
        noise = np.random.default_rng(DITHER_SEED).standard_normal(len(samples), dtype=np.float32)
        samples = samples + np.float32(options.dither) * noise
    extractor = kaldi_native_fbank.OnlineMfcc(options.for_library())
    extractor.accept_waveform(options.rate_hz, samples)
    extractor.input_finished()
    n_frames = extractor.num_frames_ready
    if not n_frames:
        raise AlignmentError(f"the audio ({audio.duration:.3f} s) is shorter than one window of the acoustic model")
    return np.stack([extractor.get_frame(i) for i in range(n_frames)])


def subtract_mean(frames: Floats) -> Floats:
    """`frames` with each coefficient's mean taken away."""
    return np.asarray(frames - frames.mean(axis=0, dtype=np.float64).astype(np.float32))


def add_deltas(frames: Floats) -> Floats:
    """`frames` beside their slopes and the slopes of those, shape (n_frames, 3 × n_coefficients).

    The slope is the least-squares one over five frames; the second is the same filter applied twice, as Kaldi does
    it, so that nine frames enter.
    """
    n = DELTA_WINDOW
    once = np.arange(-n, n + 1) / sum(i * i for i in range(-n, n + 1))
    filters = (once, np.convolve(once, once))
    return np.concatenate([frames, *(_filtered(frames, taps) for taps in filters)], axis=1)


def _filtered(frames: Floats, taps: npt.NDArray[np.float64]) -> Floats:
    half = len(taps) // 2
    padded = np.pad(frames, ((half, half), (0, 0)), mode="edge")
    total = np.zeros_like(frames)
    for i, tap in enumerate(taps.tolist()):
        total += np.float32(tap) * padded[i : i + len(frames)]
    return total


def splice(frames: Floats, left: int, right: int) -> Floats:
    """Each frame beside its neighbours, from `left` before it to `right` after it."""
    padded = np.pad(frames, ((left, right), (0, 0)), mode="edge")
    return np.concatenate([padded[i : i + len(frames)] for i in range(left + right + 1)], axis=1)


def as_stored(frames: Floats) -> Floats:
    """`frames` as they come back from a file of Kaldi's, which keeps eight bits a value.

    MFA's ``align`` stores the cepstra so, with errors of up to half a unit; ``align_one`` does not. Good only for
    comparing with the former. Between the least value of a column, its quartiles and the greatest value, the bytes
    are spread evenly: 64, 128 and 63 steps.
    """
    low, high = float(frames.min()), float(frames.max())
    span = high - low if high > low else 1.0 + abs(low)
    ranked = np.sort(frames.astype(np.float64), axis=0)
    quarter = len(frames) // 4
    marks = np.floor((ranked[[0, quarter, 3 * quarter, -1]] - low) / span * 65535 + 0.499)
    for i, limit in enumerate((65532, 65533, 65534, 65535)):
        marks[i] = np.minimum(np.maximum(marks[i], marks[i - 1] + 1 if i else 0), limit)
    knots = low + span * marks / 65535
    steps = np.zeros(frames.shape)
    codes = ((0, 64), (64, 128), (192, 63))
    for i, (first, n) in enumerate(codes):
        share = (frames - knots[i]) / (knots[i + 1] - knots[i])
        inside = (frames >= knots[i]) if i else np.ones(frames.shape, dtype=bool)
        steps = np.where(inside, first + np.clip(np.floor(share * n + 0.5), 0, n), steps)
    out = np.zeros(frames.shape)
    for i, (first, n) in enumerate(codes):
        inside = steps > first if i else np.ones(frames.shape, dtype=bool)
        out = np.where(inside, knots[i] + (knots[i + 1] - knots[i]) * (steps - first) / n, out)
    return out.astype(np.float32)
