"""The Montreal Forced Aligner: what it is asked for, and what is believed of what it writes.

The program can't be had from PyPI. A stand-in (``fake_mfa.py``) takes its place here: it checks nothing of MFA's own
work, and replays outputs, made-up ones or, where the development clips are at hand, those that the real MFA 3.4.3
wrote.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kaldi_writer as writer
import numpy as np
import pytest
import soundfile
from mfa_stand_in import SOUND, StandIn
from praatio import textgrid

from visalign import force_align, read_audio
from visalign.cli import app, main
from visalign.errors import (
    AlignmentError,
    BackendFailed,
    BackendUnavailable,
    ConfigError,
    InputError,
    OutOfVocabulary,
    ParseError,
)
from visalign.forced_alignment.alignment import Alignment
from visalign.forced_alignment.mfa import CorpusClip, MfaAligner, read_corpus
from visalign.forced_alignment.mfa_analysis import Analysis, analysis_warnings, read_analysis
from visalign.forced_alignment.mfa_program import MfaProgram, MfaSettings, essence, find_mfa
from visalign.forced_alignment.mfa_text import words_as_written
from visalign.language.annotations import Cue, read_annotation
from visalign.language.lexicon import Lexicon
from visalign.language.phones import SILENCE
from visalign.signals import Audio
from visalign.timeline import Tier

WORDS = ("go", "now")
GOOD = {
    "words": [[0.30000001192092896, 0.6000000238418579, "go"], [0.6000000238418579, 1.0, "now"]],
    "phones": [
        [0.30000001192092896, 0.4000000059604645, "g"],
        [0.4000000059604645, 0.6000000238418579, "ow"],
        [0.6000000238418579, 0.800000011920929, "n"],
        [0.800000011920929, 1.0, "aw"],
    ],
}
ANALYSIS = (
    "file,begin,end,speaker,overall_log_likelihood,speech_log_likelihood,phone_duration_deviation,"
    "max_running_short_interval,snr,intensity_deviation\n"
)


def spoken(tier: Tier) -> list[tuple[float, float, str]]:
    return [(x.start, x.end, x.label) for x in tier if x.label not in ("", SILENCE)]


# --- where it is -----------------------------------------------------------------------------------------------------


def test_a_program_that_is_not_there_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackendUnavailable, match="No program mfa on the PATH"):
        find_mfa()
    with pytest.raises(BackendUnavailable, match="nowhere/mfa"):
        find_mfa(tmp_path / "nowhere/mfa")
    with pytest.raises(BackendUnavailable, match="micromamba"):
        find_mfa(environment="aligner")
    with pytest.raises(ConfigError):
        find_mfa("mfa", "aligner")


def test_it_is_found_on_the_path_and_by_its_own(recordings: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(recordings.path.parent), prepend=os.pathsep)
    assert find_mfa().command == (str(recordings.path),)
    assert find_mfa(recordings.path).version() == "3.4.3"


@pytest.mark.parametrize(("name", "how"), [("aligner", "-n"), ("/opt/envs/aligner", "-p")])
def test_an_environment_is_entered_by_conda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: str
) -> None:
    conda = tmp_path / "mamba"
    conda.write_text("#!/bin/sh\n")
    conda.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_mfa(environment=name).command == (str(conda), "run", how, name, "mfa")


# --- one clip --------------------------------------------------------------------------------------------------------


def test_one_clip(recordings: StandIn) -> None:
    recordings.add("go_now", GOOD)
    found = force_align(SOUND, "Go now!", aligner=MfaAligner(program=recordings.path))
    assert spoken(found.words) == [(0.3, 0.6, "go"), (0.6, 1.0, "now")]
    assert spoken(found.phones) == [(0.3, 0.4, "G"), (0.4, 0.6, "OW"), (0.6, 0.8, "N"), (0.8, 1.0, "AW")]
    assert (found.words.end, found.engine) == (2.0, "mfa, english_us_arpa")
    assert all(x.score is None for x in found.phones)


def test_what_is_asked_for(recordings: StandIn) -> None:
    """The command of the recorded runs, but for the folder: see commands.txt beside them."""
    recordings.add("go_now", GOOD)
    model, dictionary, g2p = (str(recordings.folder.with_name(x)) for x in ("model.zip", "my.dict", "g2p.zip"))
    for name in (model, dictionary, g2p):
        Path(name).write_text("go G OW\nnow N AW\n")
    settings = MfaSettings(model, dictionary, g2p, beam=10, retry_beam=40)
    MfaAligner(settings, recordings.path).align(SOUND, WORDS, Lexicon({}))
    MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    (command, first, second, *rest), plain = recordings.calls
    assert (command, Path(first).name, Path(second).name) == ("align_one", "clip.wav", "clip.lab")
    assert rest[:2] == [dictionary, model]
    options = ["--output_format", "json", "--g2p_model_path", g2p, "--beam", "10", "--retry_beam", "40", "--clean"]
    assert rest[3:] == options
    assert plain[3:5] == ["english_us_arpa", "english_us_arpa"]
    assert plain[6:] == ["--output_format", "json", "--beam", "100", "--retry_beam", "400", "--clean"]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("nothing", AlignmentError, "wrote no alignment"),
        ("garbage", AlignmentError, "can't be used"),
        ("crash", BackendFailed, "exit code 1: ERROR +There was an error"),
    ],
)
def test_its_exit_code_is_not_believed(
    recordings: StandIn, monkeypatch: pytest.MonkeyPatch, fault: str, error: type[Exception], words: str
) -> None:
    recordings.add("go_now", GOOD)
    monkeypatch.setenv("FAKE_MFA_FAULT", fault)
    with pytest.raises(error, match=f"(?s){words}") as caught:
        MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    assert "\x1b" not in str(caught.value)


def test_a_run_without_end_is_stopped(recordings: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "hang")
    program = MfaProgram((str(recordings.path),), timeout=1.0)
    with pytest.raises(BackendFailed, match=r"no end after 1 s.*--timeout"):
        MfaAligner(program=program).align(SOUND, WORDS, Lexicon({}))


def test_a_word_that_mfa_can_not_say_is_an_error(recordings: StandIn) -> None:
    phones = [*GOOD["phones"][:2], [0.6, 1.0, "spn"]]
    recordings.add("go_now", {"words": GOOD["words"], "phones": phones})
    with pytest.raises(OutOfVocabulary) as caught:
        MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    assert caught.value.words == ("now",)


@pytest.mark.parametrize("kept", [0, 1])
def test_missing_words_are_noticed(recordings: StandIn, kept: int) -> None:
    recordings.add("go_now", {"words": GOOD["words"][:kept], "phones": GOOD["phones"][: 2 * kept]})
    with pytest.raises(AlignmentError, match=r"other words|can't be used"):
        MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))


def test_silence_and_no_words_are_refused_before_anything_is_run(recordings: StandIn) -> None:
    aligner = MfaAligner(program=recordings.path)
    with pytest.raises(InputError):
        aligner.align(SOUND, [], Lexicon({}))
    with pytest.raises(AlignmentError, match="silent"):
        aligner.align(Audio(np.zeros(16000, np.float32), 16000), WORDS, Lexicon({}))
    assert not recordings.log.exists()


def test_impossible_beams_are_refused() -> None:
    with pytest.raises(ConfigError, match="beam"):
        MfaSettings(beam=100, retry_beam=40)


# --- a corpus --------------------------------------------------------------------------------------------------------


def corpus_of(*names: str) -> list[CorpusClip]:
    return [CorpusClip(name.split("/")[1], name.split("/")[0], SOUND, WORDS) for name in names]


def test_a_corpus_is_aligned_together_and_each_clip_is_looked_at(recordings: StandIn) -> None:
    recordings.add("anna/one", GOOD)
    recordings.add("ben/one", GOOD)
    rows = "one,0.0,2.0,anna,-60,-61.5,1.1,2,8.0,\none,0.0,2.0,ben,-60,-61.5,3.3,35,8.0,\n"
    (recordings.folder / "alignment_analysis.csv").write_text(ANALYSIS + rows)
    found = MfaAligner(program=recordings.path).align_corpus(corpus_of("anna/one", "anna/two", "ben/one"), n_jobs=2)
    anna, lost, ben = found.values()
    assert isinstance(anna, Alignment)
    assert anna.warnings == ()
    assert isinstance(lost, AlignmentError)
    assert "no alignment of two" in str(lost)
    assert isinstance(ben, Alignment)
    assert [x.split(":")[0] for x in ben.warnings] == ["MFA", "MFA"]
    assert "35 phones in a row" in ben.warnings[0]
    (command, corpus, dictionary, model, _, *options) = recordings.calls[0]
    assert (command, dictionary, model) == ("align", "english_us_arpa", "english_us_arpa")
    assert Path(corpus).name.startswith("corpus_visalign_mfa_")  # MFA's working files go by this name
    shared = ["--clean", "--overwrite", "-j", "2", "--output_format", "json", "--beam", "100", "--retry_beam", "400"]
    assert options == [*shared, "--final_clean"]


def test_a_missing_analysis_is_a_warning(recordings: StandIn) -> None:
    recordings.add("anna/one", GOOD)
    (found,) = MfaAligner(program=recordings.path).align_corpus(corpus_of("anna/one")).values()
    assert isinstance(found, Alignment)
    assert "analysis of this alignment is missing" in found.warnings[0]


def test_clips_of_one_name_are_refused(recordings: StandIn) -> None:
    with pytest.raises(InputError, match="anna have the same name, one"):
        MfaAligner(program=recordings.path).align_corpus(corpus_of("anna/one", "anna/one"))
    with pytest.raises(InputError, match="no clips"):
        MfaAligner(program=recordings.path).align_corpus([])


def test_outliers_of_a_corpus_are_named() -> None:
    rows = {("a", str(n)): Analysis(-60.0 - 0.1 * n, 1.0, 1) for n in range(9)}
    assert analysis_warnings(rows) == {}
    (key,) = analysis_warnings({**rows, ("a", "bad"): Analysis(-75.0, 1.0, 1)})
    assert key == ("a", "bad")


def test_other_tables_are_no_analysis(tmp_path: Path) -> None:
    path = tmp_path / "alignment_analysis.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ParseError):
        read_analysis(path)


def test_a_folder_becomes_a_corpus(tmp_path: Path) -> None:
    for name in ("anna/one", "anna/no_text", "ben/one"):
        path = tmp_path / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, SOUND.samples, SOUND.rate_hz)
    (tmp_path / "anna/one.lab").write_text("Go now!")
    (tmp_path / "ben/one.txt").write_text("go")
    clips = read_corpus(tmp_path)
    assert [(x.speaker, x.name, x.words) for x in clips] == [("anna", "one", ("Go", "now!")), ("ben", "one", ("go",))]
    with pytest.raises(InputError, match="no sound"):
        read_corpus(tmp_path / "nothing")


@pytest.mark.parametrize("n_aligned", [1, 2])
def test_the_command_writes_what_was_aligned_and_names_the_rest(
    recordings: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str], n_aligned: int
) -> None:
    for n in range(2):
        path = tmp_path / f"corpus/anna/c{n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, SOUND.samples, SOUND.rate_hz)
        path.with_suffix(".txt").write_text("go now")
        if n < n_aligned:
            recordings.add(f"anna/c{n}", GOOD)
    command = ["mfa", str(tmp_path / "corpus"), "-o", str(tmp_path / "out"), "--mfa", str(recordings.path)]
    with pytest.raises(SystemExit) as caught:
        app(args=command, prog_name="visalign")
    assert caught.value.code == (0 if n_aligned == 2 else 3)
    assert f"{n_aligned} of 2 clips aligned" in capsys.readouterr().out
    written = sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written == [f"c{n}.TextGrid" for n in range(n_aligned)]


# --- what it remembers, and where ------------------------------------------------------------------------------------


def model_zip(path: Path, *, places: bool = False, phones: tuple[str, ...] = writer.PHONES) -> Path:
    """A model whose meta file says whether its phones have places in the word."""
    files = writer.mfa_files(version="3.0.0", dictionaries={"position_dependent_phones": places})
    table = ["<eps>", "sil", "spn", *phones]
    return writer.write_zip(path, files | {"phones.txt": "\n".join(f"{x} {n}" for n, x in enumerate(table)).encode()})


class Bench:
    """A dictionary and a model of the user's, and alignments with them."""

    def __init__(self, recordings: StandIn, folder: Path) -> None:
        self.recordings = recordings
        self.dictionary, self.model, self.g2p = folder / "my.dict", folder / "model.zip", folder / "g2p.zip"
        self.g2p.touch()
        self.write("man b aa s")
        model_zip(self.model)

    def write(self, *lines: str) -> None:
        self.dictionary.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def aligner(self, *, g2p: bool = False, program: Path | None = None) -> MfaAligner:
        settings = MfaSettings(str(self.model), str(self.dictionary), str(self.g2p) if g2p else "")
        return MfaAligner(settings, program or self.recordings.path)

    def phones(self, text: str = "man", *, g2p: bool = False, program: Path | None = None) -> list[str]:
        found = force_align(SOUND, text, aligner=self.aligner(g2p=g2p, program=program))
        return [x for x in found.phones.labels if x != SILENCE]

    def words(self, text: str) -> list[str]:
        return [x for x in force_align(SOUND, text, aligner=self.aligner()).words.labels if x]


@pytest.fixture
def bench(recordings: StandIn, tmp_path: Path) -> Bench:
    return Bench(recordings, tmp_path)


@pytest.fixture(params=["the user's home", "a home that the environment sets"])
def program(request: pytest.FixtureRequest, recordings: StandIn, tmp_path: Path) -> Path:
    """MFA as it is started, and in an environment that names its home itself, whatever it is told."""
    if request.param == "the user's home":
        return recordings.path
    return StandIn.program(tmp_path / "mfa_of_environment", home=tmp_path / "own")


def test_an_edited_dictionary_counts(bench: Bench, program: Path) -> None:
    assert bench.phones(program=program) == ["B", "AA", "S"]
    bench.write("man s aa b")
    assert bench.phones(program=program) == ["S", "AA", "B"]


def test_a_word_that_was_added_is_there(bench: Bench, program: Path) -> None:
    with pytest.raises(OutOfVocabulary):
        bench.phones("woman", program=program)
    bench.write("man b aa s", "woman s aa")
    assert bench.phones("woman", program=program) == ["S", "AA"]


def test_another_model_may_go_with_a_dictionary_of_the_same_name(bench: Bench, program: Path) -> None:
    bench.phones(program=program)
    model_zip(bench.model, phones=("p", "uh", "t"))
    bench.write("man p uh t")
    assert bench.phones(program=program) == ["P", "UH", "T"]


def test_a_guess_is_not_remembered_as_a_pronunciation(bench: Bench, program: Path) -> None:
    assert bench.phones("woman", g2p=True, program=program) == ["GUESSED"]
    with pytest.raises(OutOfVocabulary) as caught:
        bench.phones("woman", program=program)
    assert caught.value.words == ("woman",)


def files_below(folder: Path) -> set[str]:
    return {str(x.relative_to(folder)) for x in folder.rglob("*") if x.is_file()}


def test_nothing_is_left_behind(bench: Bench, tmp_path: Path) -> None:
    before = files_below(tmp_path)
    bench.phones()
    bench.aligner().align_corpus([CorpusClip("a", "anna", SOUND, ("man",))])
    assert files_below(tmp_path) - before == {"log"}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_corpus_leaves_no_working_files_where_the_environment_sets_the_home(bench: Bench, tmp_path: Path) -> None:
    program = StandIn.program(tmp_path / "mfa_of_environment", home=tmp_path / "own")
    bench.aligner(program=program).align_corpus([CorpusClip("a", "anna", SOUND, ("man",))])
    assert not list((tmp_path / "own").glob("corpus_*"))


def test_runs_beside_each_other_do_not_meet(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "slow")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: bench.phones(), range(4)))
    assert found == [["B", "AA", "S"]] * 4
    assert len({run["home"] for run in bench.recordings.runs}) == 4


def test_a_damaged_history_hides_no_cause(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (bench.recordings.home / "command_history.yaml").write_text("- command: mfa align\nover: laid: twice\n")
    monkeypatch.setenv("FAKE_MFA_FAULT", "crash")
    with pytest.raises(BackendFailed, match="There was an error in the run") as caught:
        bench.phones()
    assert "ScannerError" not in str(caught.value)


@pytest.mark.parametrize("inside", ["", "tmp", "tm"])
def test_the_home_may_hold_the_temporary_files(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    """MFA refuses a corpus in its home, and one whose path merely begins so."""
    monkeypatch.setenv("MFA_ROOT_DIR", str(tmp_path / inside))
    (found,) = bench.aligner().align_corpus([CorpusClip("a", "anna", SOUND, ("man",))]).values()
    assert isinstance(found, Alignment)


# --- words as they are written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "text", "given", "words"),
    [
        # English spellings, numbers and abbreviations are no business of other languages.
        (["das b aa", "ist s", "schön s aa b", "schon s aa s"], "Das ist schön", None, ["das", "ist", "schön"]),
        (["für b", "fur s", "el s", "él b"], "für él", None, ["für", "él"]),
        (["más b", "mas s", "à s", "a b", "señor s aa"], "más à señor", None, ["más", "à", "señor"]),
        (["straße s aa b", "strasse s"], "Straße", None, ["straße"]),
        (["3 b aa", "three s"], "3", None, ["3"]),
        (["dr b aa", "doctor s"], "Dr. Dr", None, ["dr", "dr"]),
        (["istanbul b aa"], "İstanbul", None, ["istanbul"]),
        # Hyphens and clitics are cut by MFA, or not.
        (["t-shirt b aa", "t s", "shirt s"], "T-Shirt", None, ["t-shirt"]),
        (["t s", "shirt b"], "T-Shirt", None, ["t-shirt"]),
        (["l' b", "homme s aa"], "L'homme", None, ["l'homme"]),
        (["re-done b", "don't s"], "Don’t re-done", None, ["don't", "re-done"]),
        # Noises have their place in the sound; speakers and markup have not.
        (["well b aa"], "ANNA: [laughs] <i>Well</i>!", "[laughs] Well!", ["well"]),
        (["well b aa"], "Well (quietly)", None, ["well"]),
        (["a b", "b s"], "a – b & …", "a b", ["a", "b"]),
    ],
)
def test_words_go_to_mfa_as_they_are_written(
    bench: Bench, lines: list[str], text: str, given: str | None, words: list[str]
) -> None:
    bench.write(*lines)
    assert bench.words(text) == words
    assert bench.recordings.texts == [given or text]


def test_sharp_s_is_pronounced_as_its_own_word(bench: Bench) -> None:
    bench.write("schön s aa b", "schon s aa s")
    assert bench.phones("schön schon") == ["S", "AA", "B", "S", "AA", "S"]


def test_the_words_of_cues_go_to_mfa_as_they_are_written(bench: Bench) -> None:
    bench.write("straße s aa b", "3 b aa")
    found = force_align(SOUND, [Cue(0.0, 2.0, "Straße 3")], aligner=bench.aligner())
    assert [x for x in found.words.labels if x] == ["straße", "3"]
    assert [(x.text, x.found_start is None) for x in found.cues] == [("Straße 3", False)]


@pytest.mark.parametrize("words", [("zorblax",), ("man", "zorblax", "man"), ("zorb-lax",), ("man-zorblax", "man")])
@pytest.mark.parametrize("corpus", [False, True])
def test_the_word_that_mfa_lacks_is_named(bench: Bench, words: tuple[str, ...], corpus: bool) -> None:
    clip = CorpusClip("a", "anna", SOUND, words)
    (found,) = bench.aligner().align_corpus([clip]).values() if corpus else [None]
    if found is None:
        with pytest.raises(OutOfVocabulary) as caught:
            bench.aligner().align(SOUND, words, Lexicon({}))
        found = caught.value
    assert isinstance(found, OutOfVocabulary)
    assert found.words == tuple(x for x in words if "zorb" in x)
    # Options that do something: MFA's, not those of visalign's own lexicon.
    assert f"Add them to {bench.dictionary} (" in str(found)
    assert "--g2p-model" in str(found)
    assert not any(x in str(found) for x in ("--lexicon", "--oov"))


def test_figures_that_mfa_lacks_are_to_be_spelt_out(bench: Bench) -> None:
    with pytest.raises(OutOfVocabulary, match=r": 42\. .*Numbers must be spelt out"):
        bench.phones("man 42")


def test_a_downloaded_dictionary_is_copied_to_add_to_it(recordings: StandIn) -> None:
    with pytest.raises(
        OutOfVocabulary, match=r"copy of english_us_arpa, given as --dictionary FILE of `visalign align"
    ):
        force_align(SOUND, "zorblax", aligner=MfaAligner(program=recordings.path))


@pytest.mark.parametrize("given", [{"lexicon": Lexicon({}, "my.lex")}, {"dictionary": Lexicon({})}, {"oov": "skip"}])
def test_pronunciations_that_mfa_would_not_look_at_are_refused(bench: Bench, given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(given))}.*aligner mfa"):
        force_align(SOUND, "man", aligner=bench.aligner(), **given)


# --- phones with their place in the word -----------------------------------------------------------------------------


def test_models_with_places_are_left_to_the_command_that_reads_them(bench: Bench) -> None:
    """`align_one` takes the wrong numbers for their phones (here: two shares of a second too late)."""
    plain = force_align(SOUND, "man", aligner=bench.aligner())
    model_zip(bench.model, places=True)
    found = force_align(SOUND, "man", aligner=bench.aligner())
    assert [run[0] for run in bench.recordings.calls] == ["align_one", "align"]
    assert spoken(found.phones) == spoken(plain.phones)
    assert spoken(found.words) == spoken(plain.words) != []


def test_places_of_a_model_that_can_not_be_looked_into_are_seen_in_what_mfa_writes(
    bench: Bench, tmp_path: Path
) -> None:
    """A name that only the environment's own home knows."""
    home = tmp_path / "own"
    hidden = home / "pretrained_models/acoustic/hidden.zip"
    hidden.parent.mkdir(parents=True)
    model_zip(hidden, places=True)
    program = StandIn.program(tmp_path / "mfa_of_environment", home=home)
    found = MfaAligner(MfaSettings("hidden", str(bench.dictionary)), program).align(SOUND, ["man"], Lexicon({}))
    assert [run[0] for run in bench.recordings.calls] == ["align_one", "align"]
    assert [x for x in found.phones.labels if x != SILENCE] == ["B", "AA", "S"]


# --- what went wrong -------------------------------------------------------------------------------------------------


def test_a_search_that_failed_is_told_as_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "beam")
    with pytest.raises(AlignmentError, match=r"try --beam 400 --retry-beam 1000\. It said: AlignerError:") as caught:
        bench.phones()
    assert not any(x in str(caught.value) for x in ("Traceback", "│", "site-packages"))


def test_a_wider_search_than_the_widest_tried_is_advised(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "beam")
    settings = MfaSettings(str(bench.model), str(bench.dictionary), beam=400, retry_beam=1000)
    with pytest.raises(AlignmentError, match="try --beam 1600 --retry-beam 4000"):
        MfaAligner(settings, bench.recordings.path).align(SOUND, ["man"], Lexicon({}))


@pytest.mark.parametrize("lost", ["", "man"])
def test_clips_that_were_lost_are_told_without_progress_bars(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "beam")
    monkeypatch.setenv("FAKE_MFA_LOST", lost)
    clips = [CorpusClip(x, "anna", SOUND, (x,)) for x in ("man", "woman")]
    bench.write("man b aa s", "woman s aa")
    man, woman = bench.aligner().align_corpus(clips).values()
    assert isinstance(man, AlignmentError)
    assert "--beam 400" in str(man)
    assert not any(x in str(man) for x in ("█", "it/s", "INFO", "100%"))
    assert isinstance(woman, Alignment if lost else AlignmentError)


def test_the_essence_of_what_a_program_said() -> None:
    said = (
        "INFO     Setting up corpus information...\n 100%|███| 8/8 [00:01<00:00]\r"
        "╭──── Traceback ────╮\n│ /opt/a.py:1 in run │\n│ ❱ 1 raise KeyError │\n╰───────────────╯\n"
        "\x1b[31mDictionaryError:\x1b[0m\n\nThere is no dictionary.\nmore\nnot this\n"
    )
    assert essence(said) == "DictionaryError:\nThere is no dictionary.\nmore"
    assert essence("one\ntwo\n") == "one\ntwo"
    assert essence("") == ""
    assert len(essence("\n".join(f"ERROR {n}" for n in range(100))).splitlines()) <= 10


def test_a_model_that_is_not_there_is_told_in_its_words(bench: Bench) -> None:
    with pytest.raises(BackendFailed, match=r"'nobody' for acoustic\. Available: english_us_arpa"):
        MfaAligner(MfaSettings("nobody", str(bench.dictionary)), bench.recordings.path).align(
            SOUND, ["man"], Lexicon({})
        )


# --- the commands ----------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and output of a command."""
    with pytest.raises(SystemExit) as caught:
        main([str(x) for x in arguments])
    written = capsys.readouterr()
    assert isinstance(caught.value.code, int)
    return caught.value.code, " ".join((written.out + written.err).split())


def speech(path: Path, text: str, rate_hz: int = 16000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.resize(SOUND.samples, 2 * rate_hz), rate_hz)
    path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return path


def test_folders_of_one_speaker_may_hold_clips_of_one_name(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write("man b aa s", "woman s aa")
    for name, text in (("a/x/one", "man"), ("b/x/one", "woman"), ("x/one", "man"), ("top", "woman")):
        speech(tmp_path / f"corpus/{name}.wav", text)
    options = ("--mfa", bench.recordings.path, "--dictionary", bench.dictionary, "--acoustic-model", bench.model)
    code, told = run(capsys, "mfa", tmp_path / "corpus", "-o", tmp_path / "out", *options)
    assert (code, "4 of 4 clips aligned" in told) == (0, True)
    written = {
        x: read_annotation(tmp_path / f"out/{x}.TextGrid") for x in ("a/x/one", "b/x/one", "x/one", "corpus/top")
    }
    said = {name: [w.label for track in x.tracks for w in track.words if w.label] for name, x in written.items()}
    assert said == {"a/x/one": ["man"], "b/x/one": ["woman"], "x/one": ["man"], "corpus/top": ["woman"]}
    # To MFA they are three recordings of x, who is adapted to once.
    assert sorted(bench.recordings.texts) == ["man", "man", "woman", "woman"]


def test_two_sounds_with_one_text_are_named(bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in ("wav", "flac"):
        speech(tmp_path / f"corpus/x/one.{suffix}", "man")
    code, told = run(capsys, "mfa", tmp_path / "corpus", "-o", tmp_path / "out", "--mfa", bench.recordings.path)
    assert code == 3
    assert "x/one.flac and " in told
    assert "x/one.wav are one clip" in told


def test_the_limit_of_time_is_an_option(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "hang")
    clip = speech(tmp_path / "corpus/anna/one.wav", "man")
    common = ("--mfa", bench.recordings.path, "--timeout", 1)
    for command in (
        ("mfa", tmp_path / "corpus", "-o", tmp_path / "out"),
        ("align", clip, "--text", "a", "--aligner", "mfa"),
    ):
        code, told = run(capsys, *command, *common)
        assert (code, "no end after 1 s, so it was stopped. Give it more time: --timeout" in told) == (3, True)


@pytest.mark.parametrize(
    "given", [("--lexicon", "names.dict"), ("--oov", "g2p"), ("--oov", "skip"), ("--g2p", "espeak:de")]
)
def test_options_that_mfa_would_not_look_at_are_refused(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, str]
) -> None:
    clip = speech(tmp_path / "one.wav", "man")
    command = ("align", clip, "--text", "man", "--aligner", "mfa", "--mfa", bench.recordings.path)
    code, told = run(capsys, *command, *given)
    assert code == 2
    assert f"{given[0]} does nothing with --aligner mfa" in told
    assert bench.recordings.calls == []


def test_a_failed_search_is_one_line_of_the_command(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "beam")
    clip = speech(tmp_path / "one.wav", "man")
    models = ("--dictionary", bench.dictionary, "--acoustic-model", bench.model)
    code, told = run(
        capsys, "align", clip, "--text", "man", "--aligner", "mfa", "--mfa", bench.recordings.path, *models
    )
    assert code == 3
    assert "try --beam 400 --retry-beam 1000" in told
    assert "Traceback" not in told


def test_sound_of_a_low_rate_is_left_for_mfa_to_convert(bench: Bench, tmp_path: Path) -> None:
    for rate_hz in (8000, 44100):
        speech(tmp_path / f"corpus/anna/of{rate_hz}.wav", "man", rate_hz)
    assert [x.audio.rate_hz for x in read_corpus(tmp_path / "corpus")] == [16000, 8000]


# --- what the real one wrote -----------------------------------------------------------------------------------------

MODELS = ("mono_model", "acoustic_g2p_nodither", "grid_s1_trim_model")


@pytest.fixture
def oracle(corpus: Path) -> Path:
    folder = corpus / "mfa_oracle"
    if not folder.is_dir():
        pytest.skip("no outputs of the real MFA among the development clips")
    return folder


def rows_of(path: Path) -> dict[str, list[tuple[float, float, str]]]:
    """The rows of a TextGrid as praatio reads them, pauses left out."""
    grid = textgrid.openTextgrid(str(path), includeEmptyIntervals=False)
    names = {"words": "<eps>", "phones": "sil"}
    return {
        name: [(x[0], x[1], x[2]) for x in grid.getTier(name).entries if x[2] != pause] for name, pause in names.items()
    }


def parsed(path: Path) -> dict[str, list[tuple[float, float, str]]]:
    (track,) = read_annotation(path).tracks
    kinds = {"words": (track.words, "<eps>"), "phones": (track.phones, "sil")}
    return {
        name: [(x.start, x.end, x.label) for x in rows if x.label != pause] for name, (rows, pause) in kinds.items()
    }


@pytest.mark.corpus
@pytest.mark.parametrize("model", MODELS)
def test_every_format_holds_the_same_numbers(oracle: Path, model: str) -> None:
    n = 0
    for path in sorted((oracle / model / "align_json").rglob("*.json")):
        name = path.relative_to(oracle / model / "align_json")
        grid = (oracle / model / "align_long_textgrid" / name).with_suffix(".TextGrid")
        table = (oracle / model / "align_csv" / name).with_suffix(".csv")
        if table.is_file():
            assert parsed(path) == parsed(table)
            n += 1
        if grid.is_file():
            assert parsed(path) == rows_of(grid) == parsed(grid)
            n += 1
    assert n >= 8


@pytest.mark.corpus
@pytest.mark.parametrize("model", MODELS[1:])
def test_align_one_writes_the_same_numbers_in_both_formats(oracle: Path, model: str) -> None:
    paths = sorted((oracle / model / "align_one").glob("*.json"))
    assert paths
    for path in paths:
        assert parsed(path) == rows_of(path.with_suffix(".TextGrid"))


def clip_of(corpus: Path, name: str) -> tuple[Audio, str] | None:
    """Sound and text of a clip that the oracle aligned."""
    for path in (corpus / f"librivox/{name}.wav", corpus / f"timit/{name}.wav"):
        if path.is_file():
            text = path.with_suffix(".txt")
            words = path.with_suffix(".wrd")
            said = (
                text.read_text() if text.is_file() else " ".join(x.split()[2] for x in words.read_text().splitlines())
            )
            return read_audio(path), said
    return None


@pytest.mark.corpus
@pytest.mark.parametrize("model", MODELS[:2])
def test_replayed_runs_of_the_real_program_come_out_with_its_numbers(
    oracle: Path, corpus: Path, model: str, recordings: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MFA_RECORDED", str(oracle / model / "align_json"))
    clips = []
    for path in sorted((oracle / model / "align_json").rglob("*.json")):
        found = clip_of(corpus, path.stem)
        assert found is not None
        clips.append(CorpusClip(path.stem, path.parent.name, found[0], tuple(words_as_written(found[1]))))
    settings = MfaSettings(str(oracle / model / f"{model}.zip"), str(oracle / model / "dictionary.dict"))
    results = MfaAligner(settings, recordings.path).align_corpus(clips)
    assert len(results) == 8
    for (speaker, name), result in results.items():
        assert isinstance(result, Alignment), result
        truth = parsed(oracle / model / "align_json" / speaker / f"{name}.json")
        times = [(x.start, x.end) for x in result.phones if x.label != SILENCE]
        # MFA's last end may lie half a sample behind the end of the audio.
        np.testing.assert_allclose(times, [row[:2] for row in truth["phones"]], rtol=0, atol=1e-6)
        assert [row[2] for row in spoken(result.words)] == [row[2] for row in truth["words"]]
    # The analysis: duration deviations above 3 and, with the IPA model, long runs of the shortest phones.
    doubtful = {name for (_, name), x in results.items() if isinstance(x, Alignment) and x.warnings}
    assert {"austen_0870", "austen_0890"} <= doubtful


@pytest.mark.corpus
@pytest.mark.parametrize("model", MODELS)
def test_the_commands_are_those_that_were_run(oracle: Path, model: str) -> None:
    """But for the paths, and for the beams of the one model whose runs took MFA's own."""
    lines = [line.split() for line in (oracle / model / "commands.txt").read_text().splitlines()]
    beams = {} if model == "grid_s1_trim_model" else {"beam": 100, "retry_beam": 400}
    settings = MfaSettings(f"{model}.zip", "dictionary.dict", **beams)
    # Those of the beams stand last there; ours clean up behind themselves as well.
    mine_only = {"align": ["--final_clean"], "align_one": ["--clean"]}
    whole = next(x for x in lines if x[:2] == ["mfa", "align"] and "align_json" in x)
    one = next(x for x in lines if x[:2] == ["mfa", "align_one"] and x[6].endswith(".json"))
    for run, mine in (
        (whole, settings.align(Path(whole[2]), Path("align_json"), 1)),
        (one, settings.align_one(Path(one[2]), Path(one[3]), Path(one[6]))),
    ):
        assert ["mfa", *mine][: len(run)] == run
        assert mine[len(run) - 1 + (0 if beams else 4) :] == mine_only[run[1]]


@pytest.mark.corpus
def test_unknown_words_of_the_real_program_are_seen(
    oracle: Path, corpus: Path, recordings: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MFA_RECORDED", str(oracle / "extra/oov_json"))
    audio = read_audio(corpus / "grid/s1/bbir6n.mpg")
    clip = CorpusClip("bbir6n", "s1", audio, ("bin", "xylophone", "in", "r", "six", "now"))
    (found,) = MfaAligner(program=recordings.path).align_corpus([clip]).values()
    assert isinstance(found, OutOfVocabulary)
    assert found.words == ("xylophone",)
