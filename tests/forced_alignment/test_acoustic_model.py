"""What a model says a word may sound like."""

from __future__ import annotations

from pathlib import Path

import kaldi_writer as writer

from visalign.forced_alignment.acoustic_model import KaldiAcoustics, SphinxAcoustics
from visalign.forced_alignment.mfa_archive import read_mfa_model
from visalign.forced_alignment.sphinx_model import embedded_model
from visalign.language.lexicon import embedded_lexicon, parse_lexicon


def test_an_unstressed_h_may_be_missing() -> None:
    model = SphinxAcoustics(embedded_model())
    lexicon = embedded_lexicon()
    weak = {variant.phones for variant in model.variants("his", lexicon["his"])}
    assert {("HH", "IH", "Z"), ("IH", "Z")} <= weak
    assert all(variant.phones[0] == "HH" for variant in model.variants("house", lexicon["house"]))


def test_english_words_fall_back_to_the_phones_of_a_model_that_has_them(tmp_path: Path) -> None:
    model = KaldiAcoustics(read_mfa_model(writer.write_zip(tmp_path / "tiny.zip", writer.mfa_files())))
    lexicon = parse_lexicon("boss B AA1 S\nbuzz B AH Z")
    assert [v.phones for v in model.variants("boss", lexicon["boss"])] == [("b", "aa", "s")]
    assert model.variants("buzz", lexicon["buzz"]) == []
