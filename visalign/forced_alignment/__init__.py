"""Forced alignment: when each word and phone of a transcript is spoken."""

from visalign.forced_alignment.aligner import ALIGNERS, Aligner, Alignment, chosen_aligner, load_aligner
from visalign.forced_alignment.any_length import align_in_pieces, force_align
from visalign.forced_alignment.pieces import AlignedPiece
from visalign.forced_alignment.precomputed import PrecomputedAligner, read_alignment
from visalign.forced_alignment.recognised import recognise_phones
from visalign.forced_alignment.recognised_words import recognise_words

__all__ = [
    "ALIGNERS",
    "AlignedPiece",
    "Aligner",
    "Alignment",
    "PrecomputedAligner",
    "align_in_pieces",
    "chosen_aligner",
    "force_align",
    "load_aligner",
    "read_alignment",
    "recognise_phones",
    "recognise_words",
]
