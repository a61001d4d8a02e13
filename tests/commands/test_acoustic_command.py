"""visalign acoustic: a model trained, killed and resumed, adapted, shown and used, and what stands against it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from visalign import cli
from visalign.face.generated_speech import synthesise_speech
from visalign.language.annotations import read_annotation
from visalign.language.lexicon import read_lexicon
from visalign.media.clips import write_wav

Run = Callable[..., tuple[int, str]]

WORDS = {
    **{"allqu": "a ʎ q u", "hatun": "h a t u n", "inti": "i n t i", "killa": "k i ʎ a", "mayu": "m a j u"},
    **{"miski": "m i s k i", "puka": "p u k a", "rimay": "r i m a j", "runa": "r u n a", "unu": "u n u"},
    **{"urpi": "u r p i", "wasi": "w a s i", "yana": "j a n a", "sara": "s a r a", "mama": "m a m a"},
    **{"tanta": "t a n t a", "kusi": "k u s i", "laku": "l a k u", "pisi": "p i s i", "suti": "s u t i"},
    **{"waka": "w a k a", "rumi": "r u m i"},
}
N_SPOKEN = 13  # of the words; the others only teach how words are spelt


def make_quechua(folder: Path) -> Path:
    """Two made voices, and a dictionary."""
    lot, words = np.random.default_rng(0), list(WORDS)[:N_SPOKEN]
    for number in range(10):
        place = folder / "corpus" / ("rosa", "ines")[number % 2] / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        said = " ".join(lot.choice(words, 4))
        write_wav(place, synthesise_speech(said, language="qu", seed=number % 2).audio)
        place.with_suffix(".txt").write_text(said, encoding="utf-8")
    rows = "".join(f"{word}\t{phones}\n" for word, phones in WORDS.items() if word != "inti")
    (folder / "quechua.dict").write_text(rows, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def quechua(made_once: Callable[..., Path]) -> Path:
    return made_once("quechua", make_quechua)


def train_once(folder: Path, quechua: Path) -> Path:
    arguments = ["acoustic", "train", quechua / "corpus", "--out", folder / "quechua.zip"]
    options = ["--lexicon", quechua / "quechua.dict", "--log", folder / "report.json", "-q", "-j", "1"]
    more = ["--write-dictionary", folder / "written.dict"]
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(x) for x in (*arguments, *options, *more)])
    assert stopped.value.code == 0
    return folder


@pytest.fixture(scope="module")
def trained(quechua: Path, made_once: Callable[..., Path]) -> Path:
    """A folder with the model, its report and its dictionary."""
    return made_once("quechua-model", lambda folder: train_once(folder, quechua))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(x) for x in arguments])
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), " ".join((captured.out + captured.err).replace("│", " ").split())

    return run


def test_a_training_tells_what_it_did(trained: Path) -> None:
    report = json.loads((trained / "report.json").read_text(encoding="utf-8"))
    assert (report["n_utterances"], report["speakers"]) == (10, ["ines", "rosa"])
    assert list(report["guessed"]) == ["inti"]
    assert report["guessed"]["inti"][0] == "i n t i"
    assert (report["unknown"], report["left_out"], report["doubted"]) == ([], [], [])
    likelihoods = [x["log_likelihood"] for x in report["rounds"] if x["log_likelihood"] is not None]
    assert likelihoods[-1] > likelihoods[0]
    assert set(read_lexicon(trained / "written.dict").entries) == set(list(WORDS)[:N_SPOKEN])
    assert sorted(x.name for x in trained.iterdir()) == ["quechua.zip", "report.json", "written.dict"]


def test_the_model_aligns(run: Run, quechua: Path, trained: Path, tmp_path: Path) -> None:
    sound = quechua / "corpus/rosa/0.wav"
    options = ["--acoustic-model", trained / "quechua.zip", "--dictionary", trained / "written.dict"]
    code, output = run("align", sound, "-t", sound.with_suffix(".txt"), *options, "-o", tmp_path / "out.TextGrid")
    assert code == 0, output
    (track,) = read_annotation(tmp_path / "out.TextGrid").tracks
    said = sound.with_suffix(".txt").read_text(encoding="utf-8").split()
    assert [x.label for x in track.words] == said
    truth = synthesise_speech(" ".join(said), language="qu", seed=0).words
    starts = [x.start for x in truth if x.label]
    assert [x.start for x in track.words] == pytest.approx(starts, abs=0.12)


def test_words_are_guessed_by_what_the_zip_holds(run: Run, quechua: Path, trained: Path) -> None:
    model = trained / "quechua.zip"
    options = ["--acoustic-model", model, "--dictionary", trained / "written.dict", "--oov", "g2p", "--g2p", model]
    code, output = run("align", quechua / "corpus/rosa/0.wav", "--text", "mayu rukani inti", *options)
    assert code == 0, output
    assert "rukani" in output
    assert "r u k a n i" in output


def test_show_tells_what_is_in_it(run: Run, trained: Path) -> None:
    code, output = run("acoustic", "show", trained / "quechua.zip", "--json", "-")
    facts = json.loads(output)
    assert code == 0
    assert set(facts["phones"]) == {x for word in list(WORDS)[:N_SPOKEN] for x in WORDS[word].split()}
    assert (facts["training"]["start"], facts["training"]["lexicon"]) == ("english", "quechua.dict")
    assert (facts["pronunciations"], facts["training"]["n_guessed"]) == (True, 1)
    code, output = run("acoustic", "show", trained / "quechua.zip")
    assert code == 0
    assert "guesses words yes" in output


def test_the_same_again_is_the_same_to_the_byte(run: Run, quechua: Path, trained: Path, tmp_path: Path) -> None:
    arguments = ["acoustic", "train", quechua / "corpus", "--lexicon", quechua / "quechua.dict"]
    code, output = run(*arguments, "--out", tmp_path / "quechua.zip", "--jobs", "2")
    assert code == 0, output
    assert (tmp_path / "quechua.zip").read_bytes() == (trained / "quechua.zip").read_bytes()
    assert "1 word(s) guessed from their spelling: inti" in output
    assert [x.name for x in tmp_path.iterdir()] == ["quechua.zip"]
    # another model of that name is kept
    (tmp_path / "quechua.zip").write_bytes(b"mine")
    code, output = run(*arguments, "--out", tmp_path / "quechua.zip")
    assert code == 3
    assert "--overwrite" in output
    assert (tmp_path / "quechua.zip").read_bytes() == b"mine"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_that_was_killed_goes_on(run: Run, quechua: Path, trained: Path, tmp_path: Path) -> None:
    arguments = ["acoustic", "train", quechua / "corpus", "--lexicon", quechua / "quechua.dict"]
    command = [*map(str, arguments), "--out", str(tmp_path / "quechua.zip")]
    state = tmp_path / "quechua.work" / "training.npz"
    killed = subprocess.Popen(
        [sys.executable, "-m", "visalign", *command], env=dict(os.environ, OMP_NUM_THREADS="1"), stderr=subprocess.PIPE
    )
    until = time.monotonic() + 300.0
    while not state.exists() and killed.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert state.exists()
    assert not (tmp_path / "quechua.zip").exists()
    code, output = run(*command)
    assert code == 0, output
    assert (tmp_path / "quechua.zip").read_bytes() == (trained / "quechua.zip").read_bytes()
    assert [x.name for x in tmp_path.iterdir()] == ["quechua.zip"]


def test_what_is_left_out_is_named(run: Run, quechua: Path, tmp_path: Path) -> None:
    corpus = shutil.copytree(quechua / "corpus", tmp_path / "corpus")
    (corpus / "rosa/0.txt").unlink()
    (corpus / "ines/1.txt").write_text("hatun wasi " * 40, encoding="utf-8")
    (corpus / "rosa/2.wav").write_bytes(b"RIFF, not quite")
    arguments = ["--lexicon", quechua / "quechua.dict", "--log", tmp_path / "left.csv", "-q", "-j", "1"]
    code, output = run("acoustic", "train", corpus, "--out", tmp_path / "model.zip", *arguments)
    assert code == 0, output
    with (tmp_path / "left.csv").open(encoding="utf-8", newline="") as file:
        rows = {x["utterance"]: x["reason"] for x in csv.DictReader(file) if x["kind"] == "left out"}
    assert set(rows) == {"rosa/0.wav", "ines/1.wav", "rosa/2.wav"}
    assert "nothing tells what is said" in rows["rosa/0.wav"]
    assert "ines/1.wav" in rows["ines/1.wav"]
    assert "2.wav" in rows["rosa/2.wav"]


def test_errors_are_in_the_words_of_whoever_typed(run: Run, quechua: Path, tmp_path: Path) -> None:
    corpus, out = quechua / "corpus", tmp_path / "m.zip"
    strange = tmp_path / "strange.dict"
    strange.write_text("mayu m a j u\nwasi w a$1 s i\n", encoding="utf-8")
    for arguments, wanted, said in [
        ([tmp_path / "nowhere", "--out", out], 3, "not a folder"),
        ([tmp_path, "--out", out], 3, "there is no recording in it"),
        ([corpus, "--out", tmp_path / "model.mdl"], 2, "a name that ends in .zip"),
        ([corpus, "--out", out, "--lexicon", strange], 3, "strange.dict:2: 1 phone(s) are neither IPA"),
        ([corpus, "--out", out, "--lexicon", tmp_path / "none.dict"], 3, "none.dict"),
        ([corpus, "--out", out, "--language", "klingonish"], 2, "klingonish"),
        ([corpus, "--out", out, "--as", "gird"], 2, "Did you mean grid?"),
        ([corpus, "--out", out, "--from", tmp_path / "none.zip"], 3, "none.zip"),
    ]:
        code, output = run("acoustic", "train", *arguments)
        assert code == wanted, output
        assert said in output, arguments
        assert not out.exists()
    assert "--from flat" in run("acoustic", "train", corpus, "--out", out, "--lexicon", strange)[1]
    code, output = run("acoustic", "show", tmp_path / "none.zip")
    assert (code, "none.zip" in output) == (3, True)


def test_english_is_adapted_and_used(run: Run, quechua: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "mine"
    for number, text in enumerate(("bin blue at f two now", "lay green by x nine soon", "set red with k seven again")):
        corpus.mkdir(exist_ok=True)
        write_wav(corpus / f"{number}.wav", synthesise_speech(text).audio)
        (corpus / f"{number}.txt").write_text(text, encoding="utf-8")
    report = tmp_path / "adapted.json"
    code, output = run("acoustic", "adapt", "english", corpus, "--out", tmp_path / "my_english", "--log", report)
    assert code == 0, output
    found = json.loads(report.read_text(encoding="utf-8"))
    assert found["rounds"][0]["log_likelihood_after"] > found["rounds"][0]["log_likelihood_before"]
    assert found["adapted_from"] == "english"
    sound = [corpus / "0.wav", "-t", corpus / "0.txt"]
    code, output = run("align", *sound, "--acoustic-model", tmp_path / "my_english")
    assert code == 0, output
    assert "B IH N" in output
    assert (
        json.loads(run("acoustic", "show", tmp_path / "my_english", "--json", "-")[1])["training"]["corpus"] == "mine"
    )
    for arguments, wanted, said in [
        (["english", corpus, "--out", tmp_path / "english.zip"], 2, "the name of a folder"),
        (["english", corpus, "--out", tmp_path / "my_german", "--language", "de"], 2, "visalign acoustic train"),
        (["english", quechua / "corpus", "--out", tmp_path / "other"], 3, "not in the lexicon"),
        ([tmp_path / "my_english", corpus, "--out", tmp_path / "my_english"], 3, "the model itself"),
    ]:
        code, output = run("acoustic", "adapt", *arguments)
        assert code == wanted, output
        assert said in output, arguments


def test_a_zip_is_adapted_and_stays_one(run: Run, quechua: Path, trained: Path, tmp_path: Path) -> None:
    model, out = trained / "quechua.zip", tmp_path / "rosa.zip"
    arguments = [model, quechua / "corpus/rosa", "--dictionary", trained / "written.dict", "--out", out]
    code, output = run("acoustic", "adapt", *arguments)
    assert code == 0, output
    facts, before = (json.loads(run("acoustic", "show", x, "--json", "-")[1]) for x in (out, model))
    assert facts["phones"] == before["phones"]
    assert facts["n_gaussians"] == before["n_gaussians"]
    assert facts["training"]["visalign"]["adapted"]["adapted_from"] == "quechua.zip"
    once = out.read_bytes()
    assert run("acoustic", "adapt", *arguments)[0] == 0
    assert out.read_bytes() == once
    sound = quechua / "corpus/ines/1.wav"
    options = ["--acoustic-model", out, "--dictionary", trained / "written.dict"]
    assert run("align", sound, "-t", sound.with_suffix(".txt"), *options)[0] == 0


@pytest.mark.slow
def test_phones_of_any_symbols_begin_from_nothing(run: Run, quechua: Path, trained: Path, tmp_path: Path) -> None:
    """The dictionary in letters of nobody's alphabet; then a training that begins from that model."""
    strange = tmp_path / "strange.dict"
    rows = (f"{word} {' '.join(f'{x}%{ord(x[0])}' for x in phones.split())}\n" for word, phones in WORDS.items())
    strange.write_text("".join(rows), encoding="utf-8")
    arguments = ["acoustic", "train", quechua / "corpus", "--lexicon", strange, "-j", "1"]
    code, output = run(*arguments, "--out", tmp_path / "flat.zip", "--from", "flat")
    assert code == 0, output
    sound = quechua / "corpus/rosa/0.wav"
    options = ["--acoustic-model", tmp_path / "flat.zip", "--dictionary", strange, "-o", tmp_path / "out.csv"]
    code, output = run("align", sound, "-t", sound.with_suffix(".txt"), *options)
    assert code == 0, output
    said = sound.with_suffix(".txt").read_text(encoding="utf-8")
    starts = [x.start for x in synthesise_speech(said, language="qu", seed=0).words if x.label]
    found = [x.start for x in read_annotation(tmp_path / "out.csv").tracks[0].words]
    assert found == pytest.approx(starts, abs=0.2)
    code, output = run(*arguments, "--out", tmp_path / "second.zip", "--from", tmp_path / "flat.zip")
    assert code == 0, output
    facts = json.loads(run("acoustic", "show", tmp_path / "second.zip", "--json", "-")[1])
    assert facts["training"]["start"] == "flat.zip"
