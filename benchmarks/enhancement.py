"""What enhancement does to the sound (SI-SDR, segmental SNR, PESQ, STOI) and to the alignment of phones (protocol P3).

    python benchmarks/enhancement.py quality
    python benchmarks/enhancement.py boundaries --eval ../shared/eval
    python benchmarks/enhancement.py offset --chains auto subtract

The second needs the scripts of the protocols and the hand-labelled TIMIT and AE utterances beside the checkout.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from noises import DATA, KINDS, grid_text, speech_truth, utterances, with_noise

import visalign
from visalign.errors import AlignmentError
from visalign.signals import Audio
from visalign.sound.enhancement import chain_for_alignment, enhance
from visalign.sound.quality import pesq, segmental_snr, si_sdr, stoi

CHAINS = ("subtract", "wiener", "wiener:-12", "align")
SNRS_DB = (20, 10, 5, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quality", "boundaries", "offset"))
    parser.add_argument("--clips", type=int, default=8, help="GRID clips besides the LibriVox readings")
    parser.add_argument("--chains", nargs="+", default=list(CHAINS))
    parser.add_argument("--eval", type=Path, default=DATA / "../eval", help="folder of the protocols' scripts")
    options = parser.parse_args()
    if options.what == "quality":
        quality(options.clips, options.chains)
    elif options.what == "offset":
        offset(options.clips, options.chains)
    else:
        boundaries(options.eval, options.chains)


def quality(n_clips: int, chains: list[str]) -> None:
    """Means over clips, noisy and enhanced."""
    clips = [(audio, speech_truth(audio, text)) for _, audio, text in utterances(n_clips)]
    print(f"{len(clips)} clips; each cell: SI-SDR dB / segmental SNR dB / PESQ / STOI\n")
    print("| noise | SNR dB | as it is | " + " | ".join(chains) + " |\n|---|---" + "|---" * (len(chains) + 1) + "|")
    for kind in KINDS:
        for snr_db in SNRS_DB:
            noisy = [with_noise(audio, kind, snr_db, truth, seed=i) for i, (audio, truth) in enumerate(clips)]
            cells = [_quality([a for a, _ in clips], noisy)]
            cells += [_quality([a for a, _ in clips], [enhance(x, chain) for x in noisy]) for chain in chains]
            print(f"| {kind} | {snr_db} | " + " | ".join(cells) + " |", flush=True)


def _quality(clean: list[Audio], made: list[Audio]) -> str:
    rows = [
        (
            si_sdr(a.samples, b.samples),
            segmental_snr(a.samples, b.samples, a.rate_hz),
            pesq(a, b),
            stoi(a, b),
        )
        for a, b in zip(clean, made, strict=True)
    ]
    known = [np.mean([row[k] for row in rows if row[k] is not None]) for k in range(4)]
    return "{:.1f} / {:.1f} / {:.2f} / {:.2f}".format(*known)


def boundaries(folder: Path, chains: list[str]) -> None:
    """Phone starts against hand labels, by noise, as it is and enhanced."""
    sys.path.insert(0, str(folder))
    import boundaries as p3  # the protocol's own script

    sets: list[tuple[str, Callable[[Path], list], Callable[[Path], str]]] = [
        ("timit", lambda w: p3._timit(p3.timit_phones(w)), p3.timit_transcript),
        ("ae", lambda w: p3._ae(p3.ae_levels(w)["Phonetic"]), p3.ae_transcript),
    ]
    clips = [
        (visalign.read_audio(wav), said(wav), truth(wav))
        for name, truth, said in sets
        for wav in sorted((DATA / name).glob("*.wav"))
    ]
    print(f"{len(clips)} utterances, {sum(len(t) for _, _, t in clips)} phones; % within 20 ms / mean ms\n")
    print("| noise | SNR dB | as it is | " + " | ".join(chains) + " |\n|---|---" + "|---" * (len(chains) + 1) + "|")
    for kind in ("none", *KINDS):
        for snr_db in (60,) if kind == "none" else SNRS_DB:
            cells = [_boundaries(p3, clips, kind, snr_db, chain) for chain in ("", *chains)]
            print(f"| {kind} | {snr_db} | " + " | ".join(cells) + " |", flush=True)


def _boundaries(p3, clips: list, kind: str, snr_db: float, chain: str) -> str:
    errors, n, failed = [], 0, 0
    for index, (clean, text, truth) in enumerate(clips):
        spoken = speech_truth(clean, text)
        audio = clean if kind == "none" else with_noise(clean, kind, snr_db, spoken, seed=index)
        n += len(truth)
        try:
            found = visalign.force_align(_enhanced(audio, chain), text).phones
        except AlignmentError:
            failed += 1
            continue
        errors += p3.start_errors(p3._spoken(found), truth)
    ms = 1000 * np.abs(errors)
    refused = f" ({failed} refused)" if failed else ""
    return f"{np.sum(ms <= 20) / n:.1%} / {ms.mean():.1f}{refused}"


def _enhanced(audio: Audio, chain: str) -> Audio:
    used = chain_for_alignment(audio) if chain == "auto" else chain
    return enhance(audio, used) if used else audio


def offset(n_clips: int, chains: list[str]) -> None:
    """The clip's lead under noise: how far from that of the clean clip."""
    paths = sorted((DATA / "grid/speakers").glob("s*_*.mpg"))
    clips = []
    for path in paths[:: max(1, len(paths) // n_clips)][:n_clips]:
        lips, audio, text = visalign.read_lips(path), visalign.read_audio(path), grid_text(path)
        lead = visalign.check(lips, text, audio=audio).sync.lead_seconds
        clips.append((lips, audio, text, lead, speech_truth(audio, text)))
    print(f"{len(clips)} clips; leads within 40 ms of the clean clip's / mean difference ms / refused\n")
    print("| noise | SNR dB | as it is | " + " | ".join(chains) + " |\n|---|---" + "|---" * (len(chains) + 1) + "|")
    for kind in ("none", *KINDS):
        for snr_db in (60,) if kind == "none" else SNRS_DB:
            cells = [_offset(clips, kind, snr_db, chain) for chain in ("", *chains)]
            print(f"| {kind} | {snr_db} | " + " | ".join(cells) + " |", flush=True)


def _offset(clips: list, kind: str, snr_db: float, chain: str) -> str:
    differences, n_refused = [], 0
    for index, (lips, clean, text, lead, spoken) in enumerate(clips):
        audio = clean if kind == "none" else with_noise(clean, kind, snr_db, spoken, seed=index)
        try:
            sync = visalign.check(lips, text, audio=_enhanced(audio, chain)).sync
        except AlignmentError:
            n_refused += 1
            continue
        differences.append(1000 * abs(sync.lead_seconds - lead))
    if not differences:
        return f"0 / - / {n_refused}"
    return f"{np.sum(np.array(differences) <= 40)} / {np.mean(differences):.0f} / {n_refused}"


if __name__ == "__main__":
    main()
