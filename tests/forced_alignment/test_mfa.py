"""The Montreal Forced Aligner: what it is asked for, and what is believed of what it writes.

The program can't be had from PyPI. A stand-in (``fake_mfa.py``) takes its place here: it checks nothing of MFA's own
work, and replays outputs, made-up ones or, where the development clips are at hand, those that the real MFA 3.4.3
wrote.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from praatio import textgrid

from visalign import force_align, read_audio
from visalign.cli import app
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
from visalign.forced_alignment.mfa import CorpusClip, MfaAligner, analysis_warnings, read_corpus
from visalign.forced_alignment.mfa_program import Analysis, MfaProgram, MfaSettings, find_mfa, read_analysis
from visalign.language.annotations import read_annotation
from visalign.language.lexicon import Lexicon
from visalign.language.phones import SILENCE
from visalign.language.transcript import parse_transcript
from visalign.signals import Audio
from visalign.timeline import Tier

SOUND = Audio(np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32), 16000)
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


class Recordings:
    """A stand-in for MFA and what it is to replay."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder / "recorded", folder / "log"
        self.folder.mkdir()
        self.path = folder / "mfa"
        self.path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).parents[1] / "fake_mfa.py"}" "$@"\n')
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    def add(self, name: str, tiers: dict[str, list[list[object]]], end: float = 2.0) -> None:
        path = self.folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {key: {"type": "interval", "entries": rows} for key, rows in tiers.items()}
        path.write_text(json.dumps({"start": 0, "end": end, "tiers": content}), encoding="utf-8")

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recordings:
    if os.name != "posix":
        pytest.skip("the stand-in is a shell script")
    made = Recordings(tmp_path)
    monkeypatch.setenv("FAKE_MFA_RECORDED", str(made.folder))
    monkeypatch.setenv("FAKE_MFA_LOG", str(made.log))
    return made


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


def test_it_is_found_on_the_path_and_by_its_own(recordings: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_one_clip(recordings: Recordings) -> None:
    recordings.add("go_now", GOOD)
    found = force_align(SOUND, "Go now!", aligner=MfaAligner(program=recordings.path))
    assert spoken(found.words) == [(0.3, 0.6, "go"), (0.6, 1.0, "now")]
    assert spoken(found.phones) == [(0.3, 0.4, "G"), (0.4, 0.6, "OW"), (0.6, 0.8, "N"), (0.8, 1.0, "AW")]
    assert (found.words.end, found.engine) == (2.0, "mfa, english_us_arpa")
    assert all(x.score is None for x in found.phones)


def test_what_is_asked_for(recordings: Recordings) -> None:
    """The command of the recorded runs, but for the folder: see commands.txt beside them."""
    recordings.add("go_now", GOOD)
    settings = MfaSettings("model.zip", "my.dict", "g2p.zip", beam=10, retry_beam=40)
    MfaAligner(settings, recordings.path).align(SOUND, WORDS, Lexicon({}))
    MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    (command, first, second, *rest), plain = recordings.calls
    assert (command, Path(first).name, Path(second).name) == ("align_one", "clip.wav", "clip.lab")
    assert rest[:2] == ["my.dict", "model.zip"]
    options = ["--output_format", "json", "--g2p_model_path", "g2p.zip", "--beam", "10", "--retry_beam", "40"]
    assert rest[3:] == options
    assert plain[3:5] == ["english_us_arpa", "english_us_arpa"]
    assert plain[6:] == ["--output_format", "json", "--beam", "100", "--retry_beam", "400"]


def test_nothing_is_left_behind(recordings: Recordings) -> None:
    recordings.add("go_now", GOOD)
    MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    assert not Path(recordings.calls[0][1]).parent.exists()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("nothing", AlignmentError, "wrote no alignment"),
        ("garbage", AlignmentError, "can't be used"),
        ("crash", BackendFailed, "exit code 1: .*There was an error"),
    ],
)
def test_its_exit_code_is_not_believed(
    recordings: Recordings, monkeypatch: pytest.MonkeyPatch, fault: str, error: type[Exception], words: str
) -> None:
    recordings.add("go_now", GOOD)
    monkeypatch.setenv("FAKE_MFA_FAULT", fault)
    with pytest.raises(error, match=f"(?s){words}") as caught:
        MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    assert "\x1b" not in str(caught.value)


def test_a_run_without_end_is_stopped(recordings: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_MFA_FAULT", "hang")
    program = MfaProgram((str(recordings.path),), timeout=1.0)
    with pytest.raises(BackendFailed, match="no end after 1 s"):
        MfaAligner(program=program).align(SOUND, WORDS, Lexicon({}))


def test_a_word_that_mfa_can_not_say_is_an_error(recordings: Recordings) -> None:
    phones = [*GOOD["phones"][:2], [0.6, 1.0, "spn"]]
    recordings.add("go_now", {"words": GOOD["words"], "phones": phones})
    with pytest.raises(OutOfVocabulary) as caught:
        MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))
    assert caught.value.words == ("now",)


@pytest.mark.parametrize("kept", [0, 1])
def test_missing_words_are_noticed(recordings: Recordings, kept: int) -> None:
    recordings.add("go_now", {"words": GOOD["words"][:kept], "phones": GOOD["phones"][: 2 * kept]})
    with pytest.raises(AlignmentError, match=r"other words|can't be used"):
        MfaAligner(program=recordings.path).align(SOUND, WORDS, Lexicon({}))


def test_silence_and_no_words_are_refused_before_anything_is_run(recordings: Recordings) -> None:
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


def test_a_corpus_is_aligned_together_and_each_clip_is_looked_at(recordings: Recordings) -> None:
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
    assert options == shared


def test_a_missing_analysis_is_a_warning(recordings: Recordings) -> None:
    recordings.add("anna/one", GOOD)
    (found,) = MfaAligner(program=recordings.path).align_corpus(corpus_of("anna/one")).values()
    assert isinstance(found, Alignment)
    assert "analysis of this alignment is missing" in found.warnings[0]


def test_clips_of_one_name_are_refused(recordings: Recordings) -> None:
    with pytest.raises(InputError, match="same name"):
        MfaAligner(program=recordings.path).align_corpus(corpus_of("anna/one", "anna/one"))


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
    assert [(x.speaker, x.name, x.words) for x in clips] == [("anna", "one", ("go", "now")), ("ben", "one", ("go",))]
    with pytest.raises(InputError, match="no sound"):
        read_corpus(tmp_path / "nothing")


@pytest.mark.parametrize("n_aligned", [1, 2])
def test_the_command_writes_what_was_aligned_and_names_the_rest(
    recordings: Recordings, tmp_path: Path, capsys: pytest.CaptureFixture[str], n_aligned: int
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
    oracle: Path, corpus: Path, model: str, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MFA_RECORDED", str(oracle / model / "align_json"))
    clips = []
    for path in sorted((oracle / model / "align_json").rglob("*.json")):
        found = clip_of(corpus, path.stem)
        assert found is not None
        clips.append(CorpusClip(path.stem, path.parent.name, found[0], tuple(parse_transcript(found[1]))))
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
    n_options = 4 if beams else 0  # those of the beams stand last
    whole = next(x for x in lines if x[:2] == ["mfa", "align"] and "align_json" in x)
    mine = settings.align(Path(whole[2]), Path("align_json"), 1)
    assert ["mfa", *mine][: len(whole)] == whole
    assert len(mine) + 1 - len(whole) == 4 - n_options
    one = next(x for x in lines if x[:2] == ["mfa", "align_one"] and x[6].endswith(".json"))
    assert ["mfa", *settings.align_one(Path(one[2]), Path(one[3]), Path(one[6]))][: len(one)] == one


@pytest.mark.corpus
def test_unknown_words_of_the_real_program_are_seen(
    oracle: Path, corpus: Path, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MFA_RECORDED", str(oracle / "extra/oov_json"))
    audio = read_audio(corpus / "grid/s1/bbir6n.mpg")
    clip = CorpusClip("bbir6n", "s1", audio, ("bin", "xylophone", "in", "r", "six", "now"))
    (found,) = MfaAligner(program=recordings.path).align_corpus([clip]).values()
    assert isinstance(found, OutOfVocabulary)
    assert found.words == ("xylophone",)
