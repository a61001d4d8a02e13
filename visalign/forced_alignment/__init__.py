"""Forced alignment: when each word and phone of a transcript is spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visalign.registry import lazily

if TYPE_CHECKING:
    from visalign.forced_alignment.aligner import ALIGNERS, Aligner, chosen_aligner, load_aligner
    from visalign.forced_alignment.alignment import Alignment
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

__getattr__ = lazily(__name__)
