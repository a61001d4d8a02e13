"""How lips are checked in a language that no lips were measured in: languages made of English by taking phones from it.

    python benchmarks/made_languages.py

The phones of GRID are dealt out to four made languages (`LANGUAGES`), so that of each phone's neighbours some stay. For
each language the streams of the lip model are learnt anew, without the tested speaker and from all frames but those of
its phones. Then its phones are foreign: their rows are made of those of the other phones as
:mod:`visalign.sync.speech_context` makes a foreign phone of the English ones. Printed are, of frames in which these
phones are heard, by how much the true lead fits better than others (nats a frame), and of how many windows around them
the best lag is within a frame of the truth; then of how many whole clips the lead is within 20 and 40 ms, and the
temperature that the language needs. "As English" stands beside: the same frames, nothing taken.

The truth is that GRID's sound is in sync (docs/decisions/0163-any-language.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import grid
import numpy as np
import numpy.typing as npt

from visalign.language.articulation import weights
from visalign.language.phones import ARPABET, SILENCE, is_silence
from visalign.lips.lip_features import LipFeatures
from visalign.parameters import EvidenceParams
from visalign.sync.estimate import LAG_STEP, LagEvidence, lag_density, lag_evidence, spoken_frames
from visalign.sync.lip_model import LipModel
from visalign.sync.speech_context import PHONES, SpeechContext, row_of
from visalign.sync.streams import Stream
from visalign.training.fitting import held_out_streams
from visalign.training.prepared_clips import PreparedClip

LANGUAGES = (
    "P T Z F EY AH L AA G",
    "B D S V AY IH OW W",
    "N K TH IY EH AW Y UH",
    "UW R AE JH DH AO HH CH ER NG SH ZH M OY",
)
N_CLIPS = 8  # of each speaker
WINDOWS = (5, 11)  # frames
CURVES = (5, 10, 15, 25)  # frames: windows that the temperature has to be honest about
TEMPERATURES = tuple(np.round(np.geomspace(0.06, 0.3, 15), 3).tolist())
SHIPPED = LipModel.load().calibration
REACH, NEAR, FAR = 0.6, 0.0401, 0.12  # seconds
MARGIN = 0.04  # seconds around a phone in which its lips are not learnt from

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Heard = Callable[[PreparedClip], SpeechContext]


@dataclass
class Tally:
    """What was counted, frame by frame and clip by clip."""

    n_frames: int = 0
    gain: float = 0.0
    right: dict[int, int] = field(default_factory=lambda: dict.fromkeys(WINDOWS, 0))
    leads: list[float] = field(default_factory=list)
    curves: list[Floats] = field(default_factory=list)

    def add(self, found: LagEvidence, wanted: Flags, clip: PreparedClip) -> None:
        near, far = np.abs(found.lags) <= NEAR, np.abs(found.lags) >= FAR
        rows = found.log_likelihoods
        self.n_frames += int(wanted.sum())
        self.gain += float((rows[wanted][:, near].mean(axis=1) - rows[wanted][:, far].mean(axis=1)).sum())
        for n in WINDOWS:
            sums = [rows[max(k - n // 2, 0) : k + n // 2 + 1].sum(axis=0) for k in np.flatnonzero(wanted)]
            self.right[n] += int(sum(abs(found.lags[x.argmax()]) <= NEAR for x in sums))
        self.leads.append(float(found.lags[found.total.argmax()]))
        spoken = np.flatnonzero(spoken_frames(clip.lips, clip.phones))
        for n in CURVES:
            self.curves += [rows[k : k + n].sum(axis=0) for k in spoken[:: 2 * n] if k + n <= len(rows)]

    def temperature(self, lags: Floats) -> float:
        """The temperature under which the true lead of windows is most probable."""

        def mean_log(temperature: float) -> float:
            needed = replace(SHIPPED, temperature=temperature)
            densities = [lag_density(lags, curve, needed) for curve in self.curves]
            return float(np.mean([np.log(np.interp(0.0, fine, density) + 1e-12) for fine, density in densities]))

        return max(TEMPERATURES, key=mean_log)

    def __str__(self) -> str:
        windows = "  ".join(f"{n} frames {100 * x / self.n_frames:.1f} %" for n, x in self.right.items())
        errors = np.abs(self.leads)
        lags = LAG_STEP * (np.arange(len(self.curves[0])) - len(self.curves[0]) // 2)
        return (
            f"{self.gain / self.n_frames:.2f} nats a frame  {windows}  n={self.n_frames}  clips within 20 ms "
            f"{100 * np.mean(errors <= 0.0201):.1f} %, 40 ms {100 * np.mean(errors <= 0.0401):.1f} %, root of the mean "
            f"square {1000 * np.sqrt(np.mean(errors**2)):.1f} ms  temperature {self.temperature(lags):.3f}"
        )


def during(clip: PreparedClip, phones: Sequence[str], margin: float) -> Flags:
    """Frames in which one of the phones is heard, or within `margin` seconds of it."""
    centres, found = clip.lips.times.centres, np.zeros(len(clip.lips), bool)
    for phone in clip.phones:
        if phone.label in phones:
            found[slice(*np.searchsorted(centres, [phone.start - margin, phone.end + margin]))] = True
    return found


def without(clip: PreparedClip, phones: Sequence[str]) -> PreparedClip:
    """The clip with its face hidden wherever one of the phones is heard."""
    lips, values = clip.lips, clip.lips.values.copy()
    values[during(clip, phones, MARGIN)] = np.nan
    return replace(clip, lips=LipFeatures(values, lips.names, lips.times, lips.centre, lips.scale, lips.source))


def heard_by(phones: Sequence[str]) -> Heard:
    """What is heard by somebody to whom these phones are foreign; where all are, each is made of all others."""
    spoken = [x for x in PHONES if not is_silence(x)]
    own = set(spoken) - set(phones) or set(spoken)
    table = np.stack([row_of(x) for x in PHONES])
    for phone in phones:
        names = {ARPABET[x].ipa: x for x in spoken if x in own and x != phone}
        shares = weights(ARPABET[phone].ipa, names, sense="eye")
        table[PHONES.index(phone)] = sum(share * row_of(names[ipa]) for ipa, share in shares.items())

    def heard(clip: PreparedClip) -> SpeechContext:
        rows = clip.context.rows.copy()  # smoothing and mapping are linear, so either may come first
        rows[:, : table.shape[1]] = rows[:, : len(PHONES)] @ table
        return SpeechContext(rows)

    return heard


def told(
    streams: dict[str, tuple[Stream, ...]], heard: Heard, clips: Iterable[PreparedClip], phones: list[str]
) -> Tally:
    """What is counted in these clips where the phones are heard."""
    tally = Tally()
    for clip in clips:
        found = lag_evidence(streams[clip.speaker], clip.lips, heard(clip), REACH, EvidenceParams())
        tally.add(found, during(clip, phones, 0.0) & clip.lips.has_face, clip)
    return tally


def main() -> None:
    clips = grid.prepared()
    tested = [x for s in sorted({c.speaker for c in clips}) for x in [c for c in clips if c.speaker == s][:N_CLIPS]]
    english = held_out_streams(clips)
    everything = [x for x in PHONES if x != SILENCE]
    print(f"all phones, as English: {told(english, lambda c: c.context, tested, everything)}", flush=True)
    for name in LANGUAGES:
        phones = name.split()
        print(f"{name}\n  as English       {told(english, lambda c: c.context, tested, phones)}", flush=True)
        streams = held_out_streams([without(clip, phones) for clip in clips])
        print(f"  foreign          {told(streams, heard_by(phones), tested, phones)}", flush=True)
    print(f"all phones foreign {told(english, heard_by(everything), tested, everything)}", flush=True)


if __name__ == "__main__":
    main()
