"""How far visalign's GMM-HMM engine agrees with the real Montreal Forced Aligner, model by model.

    python benchmarks/mfa_agreement.py [--data DIR]

Three comparisons with what MFA 3.4.3 wrote (see the folder's README): stage by stage with ``align_one`` (`dumps`); the
phones that ``align`` put into its files, with its two passes and its fMLLR per speaker (`align_speakers`); and what a
user gets against ``align_one``, with boundaries moved and left (`what_users_get`).

The recordings of the models in ``trained/`` were cut to their speech and not kept. They are cut here once more, which
does not give all samples bit for bit: of the model without places in the word 339 of 344 phones agree, where the
recordings themselves gave all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from visalign import force_align, read_audio
from visalign.forced_alignment import chosen_aligner
from visalign.forced_alignment.acoustic_model import KaldiAcoustics
from visalign.forced_alignment.decoding_graph import DecodingGraph, build_graph
from visalign.forced_alignment.kaldi_features import as_stored, mfcc, subtract_mean
from visalign.forced_alignment.mfa_archive import MfaModel, read_mfa_model
from visalign.forced_alignment.viterbi import BestPath, NoPath, best_path
from visalign.hmm_training.fmllr import apply_transform, gather_statistics, total_statistics
from visalign.language.lexicon import Lexicon, read_lexicon
from visalign.language.phones import SILENCE
from visalign.signals import Audio

MODELS = {
    "mono_model": "English monophones, deltas",
    "grid_s1_trim_model": "GRID triphones, LDA, fMLLR",
    "acoustic_g2p_nodither": "English IPA triphones, LDA, fMLLR",
}
TRAINED = {
    "gt_sat": "GRID, five speakers: triphones, LDA, fMLLR",
    "gt_satpos": "the same, phones with places in the word",
}
"""Models that MFA trained for this project, and aligned clips with that it had not seen."""

ALIGN_SCALE = 0.083333
"""Acoustic scale of MFA's ``align``; ``align_one`` takes 0.1."""

BEAMS = dict.fromkeys(["grid_s1_trim_model", *TRAINED], (None,))
"""``--beam`` and ``--retry_beam``; 100 and 400 where nothing else stands here."""

CUT_SECONDS, ALIGN_RATE = 0.2, 25000  # before and after the speech; units a second of GRID's .align files

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class DumpRow:
    """One utterance of a dump: largest differences, and the share of frames with the same ids."""

    utterance: str
    raw: float
    features: float
    log_likelihoods: float
    same_pdfs: float
    same_transitions: float
    score: float


@dataclass(frozen=True)
class PhoneRow:
    """One utterance of ``align``: phones of MFA, and how many are the same up to a frame."""

    utterance: str
    n_phones: int
    n_same: int


def sound_of(data: Path, utterance: str) -> Path:
    places = ("librivox/{}.wav", "timit/{}.wav", "grid/s1/{}.mpg", "grid/speakers/{}.mpg")
    return next(path for path in (data / place.format(utterance) for place in places) if path.is_file())


def recording(data: Path, utterance: str, *, cut: bool) -> Audio:
    """The sound that MFA aligned."""
    path = sound_of(data, utterance)
    audio = read_audio(path)
    if not cut:
        return audio
    rows = (line.split() for line in path.with_suffix(".align").read_text(encoding="utf-8").splitlines())
    words = [(int(start) / ALIGN_RATE, int(end) / ALIGN_RATE) for start, end, word in rows if word not in ("sil", "sp")]
    start, end = max(0.0, words[0][0] - CUT_SECONDS), words[-1][1] + CUT_SECONDS
    return Audio(audio.samples[int(start * audio.rate_hz) : int(end * audio.rate_hz)], audio.rate_hz)


def load(data: Path, name: str) -> tuple[MfaModel, Lexicon]:
    folder = data / "mfa_oracle"
    if name in TRAINED:
        return read_mfa_model(folder / f"trained/{name}/{name}.zip"), read_lexicon(folder / "trained/grid_arpa.dict")
    return read_mfa_model(folder / name / f"{name}.zip"), read_lexicon(folder / name / "dictionary.dict")


def graph_of(model: MfaModel, lexicon: Lexicon, text: str) -> DecodingGraph:
    acoustics = KaldiAcoustics(model)
    words = text.split()
    variants = [acoustics.variants(w, ways) for w, ways in zip(words, lexicon.pronounce(words), strict=True)]
    return build_graph(variants, model, model.options.silence_costs)


def transition_ids(model: MfaModel, graph: DecodingGraph, path: BestPath) -> list[int]:
    """Kaldi's transition id of each frame: of leaving a state at its first frame, of staying at the others."""
    ids: list[int] = []
    states = path.states
    starts = np.flatnonzero(np.diff(states, prepend=-1)).tolist()
    pdfs = graph.pdf_ids[graph.pdfs]
    for start, end in zip(starts, [*starts[1:], len(states)], strict=True):
        state = int(states[start])
        instance, position = int(graph.instances[state]), int(graph.positions[state])
        n_states = int((graph.instances == instance).sum())
        following = int(states[end]) if end < len(states) else -1
        inside = following >= 0 and graph.instances[following] == instance
        target = int(graph.positions[following]) if inside else n_states
        number = phone_number(model, graph, instance)
        moves = {move.target: move.id for move in model.model.transitions[number, position, int(pdfs[state])]}
        ids += [moves[target], *[moves.get(position, 0)] * (end - start - 1)]
    return ids


def phone_number(model: MfaModel, graph: DecodingGraph, instance: int) -> int:
    word, phone = int(graph.words[instance]), graph.phones[instance]
    if word < 0 or not model.has_positions:
        return model.number(phone)
    # Instances of a word stand in its order; of a monophone model each is there once.
    mine = np.flatnonzero(graph.words == word)
    arcs = set(zip(graph.instances[graph.sources].tolist(), graph.instances[graph.targets].tolist(), strict=True))
    first = not any((int(other), instance) in arcs for other in mine if other != instance)
    last = not any((instance, int(other)) in arcs for other in mine if other != instance)
    return model.number(phone, {(True, True): "S", (True, False): "B", (False, True): "E"}.get((first, last), "I"))


def dumps(data: Path, name: str) -> Iterator[DumpRow]:
    """Stage by stage against ``align_one``: each stage gets MFA's own output of the one before."""
    model, lexicon = load(data, name)
    folder = data / "mfa_oracle" / name / "dump"
    info = json.loads((folder / "info.json").read_text(encoding="utf-8"))
    settings = info["mfcc_options"]
    options = replace(
        model.options.features,
        snip_edges=settings["snip_edges"],
        energy_floor=settings["energy_floor"],
        dither=0.0,
    )
    for utterance, facts in info["utts"].items():
        if not (folder / f"{utterance}.feats.npy").is_file():
            continue  # info.json names more utterances than were kept
        raw, feats, pdfs, likes, tids = (
            np.load(folder / f"{utterance}.{part}.npy") for part in ("mfcc_raw", "feats", "pdfs", "loglikes", "tids")
        )
        ours = mfcc(read_audio(sound_of(data, utterance)), options)
        features = KaldiAcoustics(model).transformed(subtract_mean(raw))
        graph = graph_of(model, lexicon, facts["text"])
        scores = model.first_model.mixtures.log_likelihoods(feats, graph.pdf_ids)
        rows, columns = np.arange(len(pdfs)), np.searchsorted(graph.pdf_ids, pdfs)
        path = best_path(graph, 0.1 * scores)
        found = graph.pdf_ids[graph.pdfs[path.states]]
        yield DumpRow(
            utterance,
            float(np.abs(ours - raw).max()),
            float(np.abs(features - feats).max()),
            float((np.abs(scores[rows, columns] - likes) / np.abs(likes)).max()),
            float((found == pdfs).mean()),
            float((np.array(transition_ids(model, graph, path)) == tids).mean()),
            path.score / 0.1 / facts["likelihood"] - 1,
        )


def align_speakers(data: Path, name: str) -> Iterator[PhoneRow]:
    """The phones of ``mfa align``, with its CMVN and fMLLR over all recordings of a speaker."""
    model, lexicon = load(data, name)
    outputs = f"trained/{name.replace('gt', 'out')}" if name in TRAINED else f"{name}/align_json"
    for folder in sorted(path for path in (data / "mfa_oracle" / outputs).iterdir() if path.is_dir()):
        theirs = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
        sounds = {utterance: recording(data, utterance, cut=name in TRAINED) for utterance in theirs}
        yield from _speaker(sounds, model, lexicon, theirs, BEAMS.get(name, (100.0, 400.0)))


def _speaker(
    sounds: dict[str, Audio], model: MfaModel, lexicon: Lexicon, theirs: dict[str, dict], beams: tuple
) -> Iterator[PhoneRow]:
    cepstra = {u: as_stored(mfcc(sound, model.options.features)) for u, sound in sounds.items()}
    mean = np.concatenate(list(cepstra.values())).mean(axis=0, dtype=np.float64).astype(np.float32)
    frames = {u: KaldiAcoustics(model).transformed(c - mean) for u, c in cepstra.items()}
    graphs = {u: graph_of(model, lexicon, _said(found)) for u, found in theirs.items()}
    paths = {u: _path(graphs[u], model.first_model, frames[u], beams) for u in theirs}
    if model.options.uses_adaptation:
        frames = _adapted(model, graphs, paths, frames)
        paths = {u: _path(graphs[u], model.model, frames[u], (None,)) for u in theirs}
    for utterance, found in theirs.items():
        wanted = [(start, end, label) for start, end, label in found["tiers"]["phones"]["entries"]]
        graph, path = graphs[utterance], paths[utterance]
        assert path is not None
        ours = _phones(model, graph, path, sounds[utterance].duration)
        same = sum(
            a[2] == b[2] and abs(a[0] - b[0]) < 0.0101 and abs(a[1] - b[1]) < 0.0101
            for a, b in zip(wanted, ours, strict=False)
        )
        yield PhoneRow(utterance, len(wanted), same if len(wanted) == len(ours) else 0)


def _said(found: dict) -> str:
    return " ".join(label for _, _, label in found["tiers"]["words"]["entries"] if label)


def _path(graph: DecodingGraph, model, frames: Floats, beams: tuple) -> BestPath | None:
    scores = ALIGN_SCALE * model.mixtures.log_likelihoods(frames, graph.pdf_ids)
    for beam in beams:
        try:
            return best_path(graph, scores, beam)
        except NoPath:
            continue
    return None


def _adapted(model: MfaModel, graphs: dict, paths: dict, frames: dict[str, Floats]) -> dict[str, Floats]:
    parts = []
    for utterance, path in paths.items():
        if path is not None:  # MFA leaves out what its first pass could not align
            graph = graphs[utterance]
            spoken = graph.words[graph.instances[path.states]] >= 0
            pdfs = graph.pdf_ids[graph.pdfs[path.states]]
            mixtures = model.first_model.mixtures, model.model.mixtures
            parts.append(gather_statistics(frames[utterance][spoken], pdfs[spoken], *mixtures))
    transform = total_statistics(parts).transform()
    return {utterance: apply_transform(rows, transform) for utterance, rows in frames.items()}


def _phones(model: MfaModel, graph: DecodingGraph, path: BestPath, duration: float) -> list[tuple[float, float, str]]:
    instances = graph.instances[path.states]
    starts = np.flatnonzero(np.diff(instances, prepend=-1)).tolist()
    rows = []
    for start, end in zip(starts, [*starts[1:], len(instances)], strict=True):
        phone = graph.phones[instances[start]]
        # MFA draws the last phone out to the end of the file.
        stop = 0.01 * end if end < len(instances) else duration
        if phone != model.silence:
            rows.append((0.01 * start, stop, phone))
    return rows


def what_users_get(data: Path, name: str, *, refine: bool) -> Floats:
    """How far both edges of each phone lie from those of ``align_one``, the further of the two, milliseconds.

    Clips for which another pronunciation was taken are left out.
    """
    folder = data / "mfa_oracle" / name
    aligner = chosen_aligner(None, folder / f"{name}.zip", refine=refine)
    found = []
    for path in sorted((folder / "align_one").glob("*.json")):
        tiers = json.loads(path.read_text(encoding="utf-8"))["tiers"]
        said = " ".join(label for _, _, label in tiers["words"]["entries"] if label not in ("", "<eps>"))
        audio = read_audio(sound_of(data, path.stem))
        ours = force_align(audio, said, aligner=aligner, dictionary=folder / "dictionary.dict").phones
        mine = [(x.start, x.end, x.label.lower()) for x in ours if x.label != SILENCE]
        theirs = [tuple(row) for row in tiers["phones"]["entries"] if row[2] not in ("", "sil")]
        if [x[2] for x in mine] == [x[2] for x in theirs]:
            found += [max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in zip(mine, theirs, strict=True)]
    return 1000 * np.array(found, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "../shared/data")
    data = parser.parse_args().data
    print("| model | raw MFCC | features | log-likelihoods (relative) | pdf ids | transition ids | path score |")
    print("|---|---|---|---|---|---|---|")
    for name, title in MODELS.items():
        rows = list(dumps(data, name))
        worst = [max(abs(getattr(row, key)) for row in rows) for key in ("raw", "features", "log_likelihoods", "score")]
        least = [min(getattr(row, key) for row in rows) for key in ("same_pdfs", "same_transitions")]
        print(
            f"| {title} | {worst[0]:.1e} | {worst[1]:.1e} | {worst[2]:.1e} | {100 * least[0]:.1f} % | "
            f"{100 * least[1]:.1f} % | {worst[3]:.1e} |"
        )
    print("\n| model | phones of `mfa align` | the same up to a frame |\n|---|---|---|")
    for name, title in {**MODELS, **TRAINED}.items():
        found = list(align_speakers(data, name))
        total, same = sum(row.n_phones for row in found), sum(row.n_same for row in found)
        print(f"| {title} | {total} | {same} ({100 * same / total:.1f} %) |")
    print("\n| model | boundaries | phones of `mfa align_one` | the same | <= 10 ms | <= 20 ms | median | largest |")
    print("|---|---|---|---|---|---|---|---|")
    for name in ("grid_s1_trim_model", "acoustic_g2p_nodither"):
        for refine in (True, False):
            off = what_users_get(data, name, refine=refine)
            shares = " | ".join(f"{100 * np.mean(off <= limit + 0.01):.1f} %" for limit in (0, 10, 20))
            kept = "moved" if refine else "left"
            print(f"| {MODELS[name]} | {kept} | {len(off)} | {shares} | {np.median(off):.1f} | {off.max():.0f} ms |")


if __name__ == "__main__":
    main()
