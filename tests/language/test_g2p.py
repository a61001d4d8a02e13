"""Pronunciations guessed from spelling: the model, its training, eSpeak NG, and what becomes of unknown words."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from visalign import force_align
from visalign.cli import app
from visalign.config import Config
from visalign.errors import BackendUnavailable, ConfigError, InputError, OutOfVocabulary, ParseError
from visalign.exports.result_files import write_alignment
from visalign.face.generated_clip import synthesise_speech
from visalign.forced_alignment.alignment import Alignment
from visalign.language.annotations import Cue
from visalign.language.g2p.espeak import EspeakG2p
from visalign.language.g2p.joint_ngram import JointNgram, embedded_g2p
from visalign.language.g2p.training import train_joint_ngram
from visalign.language.g2p.unknown_words import chosen_g2p, closest_words, settle_vocabulary
from visalign.language.lexicon import Lexicon, Pronunciation, embedded_lexicon, parse_lexicon
from visalign.language.phones import ARPABET
from visalign.signals import Audio
from visalign.timeline import Tier

WORDS = """
ship SH IH P
shop SH AA P
sip S IH P
sop S AA P
chip CH IH P
chop CH AA P
hip HH IH P
hop HH AA P
pop P AA P
pip P IH P
"""


@pytest.fixture(scope="module")
def small() -> JointNgram:
    lexicon = parse_lexicon(WORDS)
    return train_joint_ngram([(word, p.phones) for word in lexicon.entries for p in lexicon[word]], order=3)


@pytest.fixture(scope="module")
def audio() -> Audio:
    return synthesise_speech("set blue by m two please", seed=0).audio


# --- the model ---------------------------------------------------------------------------------------------------


def test_two_letters_for_one_sound_are_learnt(small: JointNgram) -> None:
    assert small.spell("shosh")[0].phones == ("SH", "AA", "SH")
    assert small.spell("chich")[0].phones == ("CH", "IH", "CH")


def test_probabilities_after_each_history_add_up_to_one(small: JointNgram) -> None:
    """All that may follow, and what no n-gram was kept for, share the whole."""
    n = len(small.graphones)
    for history in ((0,), (0, 2), (2, 3), (n - 1, n - 2), (3, 3)):
        total = sum(np.exp(small.score(history, graphone)) for graphone in range(1, n))
        assert 0.5 < total <= 1.0 + 1e-6, history


def test_a_model_comes_back_from_its_file_and_repeats(small: JointNgram, tmp_path: Path) -> None:
    small.save(tmp_path / "a.npz")
    small.save(tmp_path / "b.npz")
    again = JointNgram.load(tmp_path / "a.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert [g.phones for g in again.spell("shops")] == [g.phones for g in small.spell("shops")]
    assert again.tables == small.tables


def test_training_does_not_depend_on_the_order_of_the_words() -> None:
    pairs = [(word, p.phones) for word, ways in parse_lexicon(WORDS).entries.items() for p in ways]
    a, b = train_joint_ngram(pairs, order=2), train_joint_ngram(pairs[::-1], order=2)
    assert a.graphones == b.graphones
    assert [g.score for g in a.spell("shop")] == [g.score for g in b.spell("shop")]


def test_unseen_letters_have_no_guess(small: JointNgram) -> None:
    assert small.spell("sh1p") == []
    assert small.spell("") == []


def test_nothing_can_be_learnt_from_nothing() -> None:
    with pytest.raises(InputError, match="no pronunciations"):
        train_joint_ngram([])


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(ParseError, match=r"model\.npz"):
        JointNgram.load(path)
    with pytest.raises(ParseError, match="can't be read"):
        JointNgram.load(tmp_path / "missing.npz")


def test_the_built_in_model_knows_english_spelling() -> None:
    model = embedded_g2p()
    assert "CMU" in model.provenance["source"]
    said = {word: " ".join(model.spell(word)[0].phones) for word in ("phlogger", "wrightly", "knoop", "vizalign's")}
    assert said["phlogger"].startswith("F L")
    assert said["wrightly"] == "R AY T L IY"
    assert said["knoop"] == "N UW P"
    assert said["vizalign's"].endswith("Z")
    assert {phone for word in said.values() for phone in word.split()} <= set(ARPABET)


@pytest.mark.slow
def test_the_built_in_model_is_as_good_as_the_docs_say() -> None:
    """On 59 of the 1,000 words that it never saw, the list of benchmarks/g2p.py."""
    lexicon = embedded_lexicon().fallback
    assert lexicon is not None
    words = sorted(random.Random(0).sample(sorted(w for w in lexicon.entries if w.isalpha()), 1000))[::17]
    right = sum(embedded_g2p().spell(w)[0].phones in [p.phones for p in lexicon[w]] for w in words)
    assert right / len(words) >= 0.6


# --- eSpeak NG -----------------------------------------------------------------------------------------------------


def espeak(language: str) -> EspeakG2p:
    try:
        return EspeakG2p(language)
    except BackendUnavailable as error:
        pytest.skip(str(error))


def test_espeak_speaks_english_in_arpabet_and_others_in_ipa() -> None:
    english, german = espeak("en-us"), espeak("de")
    assert str(english("hello")[0]) == "HH AH L OW"
    assert str(german("guten")[0]) == "ɡ uː t ə n"
    assert str(english("thought")[0]) == "TH AO T"  # though the library spoke German in between
    assert english("") == ()


def test_a_language_that_nobody_speaks_is_refused() -> None:
    espeak("en-us")
    with pytest.raises(ConfigError, match="espeak:xx-none"):
        chosen_g2p("espeak:xx-none")


# --- what becomes of unknown words -----------------------------------------------------------------------------------


def test_errors_suggest_what_is_spelt_nearly_so() -> None:
    with pytest.raises(OutOfVocabulary) as caught:
        settle_vocabulary(["set", "pleese", "zzyzzx"], embedded_lexicon())
    assert caught.value.words == ("pleese", "zzyzzx")
    assert "please" in caught.value.suggestions["pleese"]
    assert "pleese (near: " in str(caught.value)
    assert "--oov g2p" in str(caught.value)


def test_suggestions_are_words_of_the_lexicon() -> None:
    near = closest_words("grene", embedded_lexicon())
    assert "greene" in near
    assert all(word in embedded_lexicon() for word in near)


def test_nothing_is_done_where_all_words_are_known() -> None:
    lexicon = embedded_lexicon()
    for policy in ("error", "g2p", "skip"):
        settled = settle_vocabulary(["set", "blue"], lexicon, policy)
        assert (settled.words, settled.lexicon) == (("set", "blue"), lexicon)
        assert not settled.guessed
        assert not settled.skipped


def test_guesses_compete_and_known_words_keep_theirs() -> None:
    settled = settle_vocabulary(["set", "zorblax"], embedded_lexicon(), "g2p")
    ways = settled.lexicon["zorblax"]
    assert str(ways[0]) == "Z AO R B L AE K S"
    assert 1 <= len(ways) <= 3
    assert [p.probability for p in ways] == sorted((p.probability or 0 for p in ways), reverse=True)
    assert settled.lexicon["set"] == embedded_lexicon()["set"]


def test_what_can_not_be_guessed_is_an_error() -> None:
    with pytest.raises(OutOfVocabulary) as caught:
        settle_vocabulary(["zorblax", "привет"], embedded_lexicon(), "g2p")
    assert caught.value.words == ("привет",)


def test_a_text_of_unknown_words_only_can_not_be_skipped() -> None:
    with pytest.raises(OutOfVocabulary):
        settle_vocabulary(["zzyzzx"], embedded_lexicon(), "skip")


def test_policies_are_checked() -> None:
    with pytest.raises(ConfigError, match="error, g2p, skip"):
        settle_vocabulary(["set"], embedded_lexicon(), "ignore")
    with pytest.raises(ConfigError, match=r"alignment\.oov"):
        Config.from_dict({"alignment": {"oov": "ignore"}})


def test_a_model_of_ones_own_guesses(small: JointNgram, tmp_path: Path) -> None:
    small.save(tmp_path / "mine.npz")
    guess = chosen_g2p(str(tmp_path / "mine.npz"))
    assert str(guess("shosh")[0]) == "SH AA SH"


def test_repeated_words_are_named_once() -> None:
    guess = Pronunciation(("B", "AA"))
    settled = settle_vocabulary(["ba", "ba"], Lexicon({}), "g2p", lambda _: (guess,))
    words = Tier("words", (0.0, 1.0, 2.0), ("ba", "ba"))
    phones = Tier("phones", (0.0, 0.5, 1.0, 1.5, 2.0), ("B", "AA", "B", "AA"))
    (warning,) = settled.warnings(words, phones)
    assert warning.count("ba (B AA)") == 1
    assert [x.label for x in settled.notes(words, phones)] == ["guessed: B AA"] * 2


@pytest.mark.parametrize("aligner", ["gmm_hmm", "pocketsphinx"])
def test_guessed_words_are_aligned_named_and_marked(audio: Audio, aligner: str, tmp_path: Path) -> None:
    text = "set bluu by m two pleeze"
    with pytest.raises(OutOfVocabulary):
        force_align(audio, text, aligner=aligner)
    found = force_align(audio, text, aligner=aligner, oov="g2p")
    assert found.text == text
    (warning,) = [x for x in found.warnings if "guessed" in x]
    assert "bluu (B L UW" in warning
    assert "pleeze (P L IY Z)" in warning
    marked = [x for x in found.notes if x.label.startswith("guessed")]
    assert [(x.start, x.end) for x in marked] == [
        (x.start, x.end) for x in found.words if x.label in ("bluu", "pleeze")
    ]
    for suffix in (".TextGrid", ".eaf", ".csv", ".json", ".ctm"):
        assert "guessed: B L UW" in write_alignment(tmp_path / f"a{suffix}", found).read_text(encoding="utf-8"), suffix
    notes = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["notes"]
    assert sum(note["label"].startswith("guessed") for note in notes) == 2
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["word"] for row in rows if "guessed" in row["note"]} == {"bluu", "pleeze"}


def test_skipped_words_are_named(audio: Audio) -> None:
    found: Alignment = force_align(audio, "set blue by m zzyzzx two please", oov="skip")
    assert found.text == "set blue by m two please"
    assert any("left out: zzyzzx" in x for x in found.warnings)


def test_cues_with_unknown_words_are_guessed_or_left_out(audio: Audio) -> None:
    half = audio.duration / 2
    cues = [Cue(0.0, half, "set bluu by"), Cue(half, audio.duration, "m two zzyzzx")]
    with pytest.raises(OutOfVocabulary) as caught:
        force_align(audio, cues)
    assert caught.value.words == ("bluu", "zzyzzx")
    left = force_align(audio, cues, oov="skip")
    assert left.text == "set by m two"
    assert any("left out: bluu, zzyzzx" in x for x in left.warnings)
    guessed = force_align(audio, cues, oov="g2p", g2p="")
    assert sum(x.label.startswith("guessed") for x in guessed.notes) == 2


def test_the_command_line_guesses(audio: Audio, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound, out = tmp_path / "a.wav", tmp_path / "a.json"
    soundfile.write(sound, audio.samples, audio.rate_hz)
    command = ["align", str(sound), "--text", "set bluu by m two please", "-o", str(out)]
    with pytest.raises(OutOfVocabulary):
        app(args=command, prog_name="visalign", standalone_mode=False)
    app(args=[*command, "--oov", "g2p"], prog_name="visalign", standalone_mode=False)
    assert "guessed from their spelling: bluu (B L UW" in " ".join(capsys.readouterr().out.split())
    assert any(x["label"].startswith("guessed") for x in json.loads(out.read_text(encoding="utf-8"))["notes"])


def test_a_model_of_short_words_is_read_back(tmp_path: Path) -> None:
    words = [(f"{a}{b}", (a.upper(), b.upper())) for a in "kptm" for b in "aiou"]
    train_joint_ngram(words).save(tmp_path / "short.npz")
    assert JointNgram.load(tmp_path / "short.npz").spell("kapi")[0].phones == ("K", "A", "P", "I")
