"""Forced alignment: when each word and phone of a transcript is spoken."""

from visalign.forced_alignment.aligner import ALIGNERS, Aligner, Alignment, chosen_aligner, force_align, load_aligner
from visalign.forced_alignment.precomputed import PrecomputedAligner, read_alignment
from visalign.forced_alignment.recognised import recognise_phones

__all__ = [
    "ALIGNERS",
    "Aligner",
    "Alignment",
    "PrecomputedAligner",
    "chosen_aligner",
    "force_align",
    "load_aligner",
    "read_alignment",
    "recognise_phones",
]
