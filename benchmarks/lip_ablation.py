"""What each feature, kind of emission and kind of added clip brings to reading unseen speakers, and forced decoding.

    python benchmarks/lip_ablation.py features
    python benchmarks/lip_ablation.py emissions
    python benchmarks/lip_ablation.py augmentation [KIND=AMOUNT ...]
    python benchmarks/lip_ablation.py forced

Each speaker of GRID is read by a decoder that was trained on the others, and counted as in visalign.training.held_out:
frames right, closures found / right, bits a frame; on the clips of the folder `speakers`, by the map neti_2000. What
was read of all clips is used for all rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pool

import grid
import numpy as np
from hmmlearn.hmm import GaussianHMM
from scipy.cluster.vq import kmeans2

from visalign import VisemeMap
from visalign.corpora.training_data import TrainingClip
from visalign.errors import FaceNotFound
from visalign.language.phones import fold_arpabet, is_silence
from visalign.lips.forced_visemes import force_visemes, shown_visemes
from visalign.lips.lip_features import FEATURES
from visalign.lips.mouth_geometry import GEOMETRY
from visalign.lips.viseme_decoder import VisemeDecoder
from visalign.lips.viseme_decoder import grid as moments_of
from visalign.training.augmentation import augment, parse_augmentation, worse_lips
from visalign.training.decoder_training import fit_decoder
from visalign.training.held_out import HeldOutSpeaker, count_read
from visalign.training.prepared_clips import AddedClip, PreparedClip

MAP = VisemeMap.load("neti_2000")
NAMES = tuple(feature.name for feature in FEATURES)
AUGMENTATIONS = (
    "noise=20",
    "sound-noise=10",
    "rotation=8",
    "scale=0.5",
    "compression=20",
    "frame-rate=12.5",
    "rate=0.85",
    "rate=1.18",
    "recombine=1",
)
Fit = Callable[[Sequence[PreparedClip]], VisemeDecoder]


@dataclass(frozen=True)
class Corpus:
    """All clips as they are listed, and what was read of them."""

    sources: list[TrainingClip]
    clips: list[PreparedClip]

    @classmethod
    def read(cls) -> Corpus:
        return cls(list(grid.clips()), grid.prepared())

    @property
    def speakers(self) -> list[str]:
        return sorted({clip.speaker for clip in self.tested})

    @property
    def tested(self) -> list[PreparedClip]:
        return [self.clips[k] for k in self.places]

    @property
    def places(self) -> list[int]:
        return [k for k, source in enumerate(self.sources) if source.path.parent.name == "speakers"]

    def decoders(self, fit: Fit = fit_decoder, added: Sequence[AddedClip] = ()) -> dict[str, VisemeDecoder]:
        """For each speaker, a decoder that never met them."""
        more = [x.clip for x in added]
        return {s: fit([x for x in (*self.clips, *more) if x.speaker != s]) for s in self.speakers}


def counted(clips: Sequence[PreparedClip], decoders: dict[str, VisemeDecoder]) -> HeldOutSpeaker:
    """All clips, each read by the decoder that never met its speaker."""
    return sum((count_read(clip, decoders[clip.speaker], MAP) for clip in clips), HeldOutSpeaker("all"))


def shown(total: HeldOutSpeaker) -> str:
    right, found, precise = (100 * (x or 0) for x in (total.accuracy, total.closure_recall, total.closure_precision))
    return f"{right:5.1f}, {found:3.0f} / {precise:2.0f}, bits {total.bits_per_frame or 0:.2f}"


def features(corpus: Corpus) -> None:
    """Which features carry it."""
    corners = {x.name for x in GEOMETRY[15:]}
    shape = {x.name for x in GEOMETRY[:15]}

    def kind(name: str) -> str:
        base = name.removesuffix("_change")
        return "shape" if base in shape else "corners" if base in corners else base.split("_")[0]

    rows = {
        "shape (15)": lambda n: kind(n) == "shape" and not n.endswith("_change"),
        "shape and its changes": lambda n: kind(n) == "shape",
        "corners, asymmetry and their changes": lambda n: kind(n) == "corners",
        "appearance and its changes": lambda n: kind(n) == "appearance",
        "flow and its changes": lambda n: kind(n) == "flow",
        "shape, appearance, changes (70)": lambda n: kind(n) in {"shape", "appearance"},
        "these and corners": lambda n: kind(n) != "flow",
        "these and flow": lambda n: kind(n) != "corners",
        "shape, corners and flow, no appearance": lambda n: kind(n) != "appearance",
        "all (88)": lambda n: True,
    }
    for text, wanted in rows.items():
        columns = [name for name in NAMES if wanted(name)]
        decoders = corpus.decoders(lambda clips, columns=columns: fit_decoder(clips, columns))
        print(f"{text:40} {len(columns):3} {shown(counted(corpus.tested, decoders))}", flush=True)


# --- emissions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class DiagonalDecoder(VisemeDecoder):
    """A decoder each of whose states has variances of its own."""

    variances: np.ndarray | None = None

    def _pass(self, rows: np.ndarray, means: np.ndarray, bias: float) -> np.ndarray:
        model = GaussianHMM(n_components=len(self.phones), covariance_type="diag", random_state=0)
        handicap = np.where(self._closing, 0.0, np.sqrt(2.0 * bias / self.evidence_scale))
        model.startprob_, model.transmat_ = self.start, self.transitions
        model.means_ = np.column_stack([means, handicap])
        model.covars_ = np.column_stack([self.variances, np.ones(len(means))]) / self.evidence_scale
        return model.predict_proba(np.column_stack([rows, np.zeros(len(rows))]))


def mixtures(n: int, *, own_variances: bool) -> Fit:
    """A fit in which each state emits a mixture of `n` Gaussians.

    A state with a mixture is the same as `n` states that are entered by its weights and left alike.
    """

    def fit(clips: Sequence[PreparedClip]) -> VisemeDecoder:
        plain = fit_decoder(clips)
        rows, states = [], []
        for clip in clips:
            times, seen = moments_of(clip.lips)
            rows.append(plain.rows(clip.lips, times)[seen])
            states.append(labelled(clip, times[seen], plain))
        return mixed(plain, np.vstack(rows), np.concatenate(states), n, own_variances=own_variances)

    return fit


def labelled(clip: PreparedClip, times: np.ndarray, decoder: VisemeDecoder) -> np.ndarray:
    """The state of each moment: the moments of a phone are divided evenly between its states."""
    said = [x if not is_silence(x) else "SIL" for x in clip.phones.sample(times, outside="SIL")]
    said = ["SIL" if x == "SIL" else fold_arpabet(x) for x in said]
    edges = np.flatnonzero([a != b for a, b in zip(said[1:], said[:-1], strict=True)]) + 1
    found = np.zeros(len(times), np.int64)
    for run in np.split(np.arange(len(times)), edges):
        own = np.flatnonzero(np.array(decoder.phones) == said[run[0]]) if len(run) else np.array([0])
        found[run] = own[0] + (len(own) * (np.arange(len(run)) + 0.5)).astype(int) // max(len(run), 1)
    return found


def mixed(
    decoder: VisemeDecoder, rows: np.ndarray, states: np.ndarray, n: int, *, own_variances: bool
) -> VisemeDecoder:
    """The decoder with `n` Gaussians a state, found by k-means; a state with few moments keeps its one."""
    means, weights, variances = [], [], []
    for state in range(len(decoder.phones)):
        own = rows[states == state]
        if n > 1 and len(own) >= 10 * n:
            centres, member = kmeans2(own, n, minit="++", seed=0)
        else:
            centres, member = (
                np.tile(own.mean(axis=0) if len(own) else decoder.means[state], (n, 1)),
                np.zeros(len(own)),
            )
        for j in range(n):
            part = own[member == j]
            means.append(centres[j] if len(part) else decoder.means[state])
            weights.append(len(part) / len(own) if len(own) else float(j == 0))
            # ten moments of the shared covariance, which is 1, against those of the Gaussian
            variances.append((10.0 + ((part - means[-1]) ** 2).sum(axis=0)) / (10.0 + len(part)))
    share = np.maximum(np.array(weights).reshape(-1, n), 1e-6)
    share = (share / share.sum(axis=1, keepdims=True)).ravel()
    plain = replace(
        decoder,
        phones=tuple(phone for phone in decoder.phones for _ in range(n)),
        means=np.array(means),
        start=np.repeat(decoder.start, n) * share,
        transitions=np.repeat(np.repeat(decoder.transitions, n, axis=0), n, axis=1) * share,
    )
    if not own_variances:
        return plain
    arrays = {name: getattr(plain, name) for name in VisemeDecoder.__slots__}
    return DiagonalDecoder(**arrays, variances=np.array(variances))


def emissions(corpus: Corpus) -> None:
    """One Gaussian a state against mixtures."""
    rows = {"one Gaussian, shared covariance": fit_decoder}
    for n in (1, 2, 3):
        rows[f"{n} a state, variances of its own"] = mixtures(n, own_variances=True)
        if n > 1:
            rows[f"{n} a state, shared covariance"] = mixtures(n, own_variances=False)
    for text, fit in rows.items():
        print(f"{text:40} {shown(counted(corpus.tested, corpus.decoders(fit)))}", flush=True)


# --- augmentation --------------------------------------------------------------------------------------------------


def made(task: tuple[TrainingClip, PreparedClip, int, str]) -> list[AddedClip]:
    source, clip, number, text = task
    found = augment([source], [clip], ["one"], [parse_augmentation(text)], seed=number)
    return [replace(x, origin=number) for x in found]


def worse(task: tuple[PreparedClip, TrainingClip, str, int]) -> PreparedClip | None:
    clip, source, text, number = task
    try:
        return replace(clip, lips=worse_lips(source.path, parse_augmentation(text), np.random.default_rng(number)))
    except FaceNotFound:
        return None


def augmentation(corpus: Corpus, wanted: Sequence[str]) -> None:
    """What clips made of those at hand bring: on the clips as they are, and on every second one made worse."""
    places = corpus.places[::2]
    with Pool(2) as pool:
        stress = {
            text: [
                x
                for x in pool.map(worse, [(corpus.clips[k], corpus.sources[k], text, k) for k in places], chunksize=2)
                if x is not None
            ]
            for text in ("noise=10", "frame-rate=12.5")
        }
        print(f"{'added':20} as they are                   " + "".join(f"{text:31}" for text in stress), flush=True)
        for text in ("nothing", *wanted):
            if text == "nothing":
                added = []
            elif text.startswith("recombine"):
                groups = [clip.speaker for clip in corpus.clips]
                added = augment(corpus.sources, corpus.clips, groups, [parse_augmentation(text)])
            else:
                tasks = [(s, c, k, text) for k, (s, c) in enumerate(zip(corpus.sources, corpus.clips, strict=True))]
                added = [x for found in pool.map(made, tasks, chunksize=4) for x in found]
            decoders = corpus.decoders(added=added)
            tested = (corpus.tested, *stress.values())
            print(f"{text:20} " + "    ".join(shown(counted(clips, decoders)) for clips in tested), flush=True)


# --- forced decoding -----------------------------------------------------------------------------------------------


def forced(corpus: Corpus) -> None:
    """When given visemes are shown, against when the aligner heard them."""
    decoders, errors = corpus.decoders(), dict[str, list[float]]()
    for clip in corpus.tested:
        heard = [x for x in clip.phones if not is_silence(x.label)]
        labels = [MAP.lookup(x.label, "arpabet") for x in heard]
        seen = force_visemes(clip.lips, shown_visemes(labels, MAP), decoders[clip.speaker]).tier
        starts = [x.start for x in seen if x.label != MAP.silence]
        errors.setdefault(clip.speaker, []).extend(a - b.start for a, b in zip(starts, heard, strict=True))
    rows = errors | {"all": [x for found in errors.values() for x in found]}
    for name, found in rows.items():
        apart = np.abs(found)
        near = ", ".join(f"{limit} ms {np.mean(apart <= limit / 1000):.1%}" for limit in (40, 80))
        middle = f"median error {1000 * np.median(apart):3.0f} ms (signed {1000 * np.median(found):+3.0f})"
        print(f"{name:5} {len(found):5} boundaries, {middle}, within {near}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("features", "emissions", "augmentation", "forced"))
    parser.add_argument("wanted", nargs="*", default=[], help="of the augmentation; all by default")
    options = parser.parse_args()
    corpus = Corpus.read()
    if options.task == "augmentation":
        augmentation(corpus, options.wanted or AUGMENTATIONS)
    else:
        {"features": features, "emissions": emissions, "forced": forced}[options.task](corpus)


if __name__ == "__main__":
    main()
