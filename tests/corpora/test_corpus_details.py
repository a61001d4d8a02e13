"""What only one layout has: SPHERE files, wrong alignments, lists of other programs, the real corpora."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from corpus_trees import RATE_HZ, align_text, copy, lrs, make_clip, make_sphere, put, timit, voxceleb

from visalign.cli import main
from visalign.corpora import Labels
from visalign.corpora.clip_list import read_manifest
from visalign.corpora.grid import sentence_of
from visalign.corpora.kaldi import write_kaldi
from visalign.corpora.label_files import read_emu, read_label_lines, read_mlf, read_tiers
from visalign.corpora.lhotse import write_lhotse
from visalign.corpora.manifest import clips_to_train_with, listed_clips, write_manifest
from visalign.corpora.reference_tiers import reference_tiers
from visalign.corpora.sphere import read_sphere
from visalign.corpora.survey import survey
from visalign.corpora.timit import CORE_TEST
from visalign.errors import ConfigError, InputError, MediaError, ParseError
from visalign.media.clips import read_audio
from visalign.timeline import Interval
from visalign.training.prepared_clips import prepare_folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


def reasons(folder: Path, layout: str) -> list[str]:
    return [fault.reason for fault in survey(folder, layout).faults]


# --- sphere ---------------------------------------------------------------------------------------------------


def test_sphere_header_and_sound(tmp_path: Path) -> None:
    path = make_sphere(tmp_path / "a.wav", 0.5)
    header = read_sphere(path)
    assert header is not None
    assert (header.rate_hz, header.n_samples, header.n_channels, header.coding) == (RATE_HZ, 8000, 1, "pcm")
    assert read_audio(path).duration == pytest.approx(header.duration)


def test_shorten_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = make_sphere(tmp_path / "a.wav")
    packed = path.read_bytes().replace(b"sample_coding -s3 pcm\n", b"sample_coding -s26 pcm,embedded-shorten-v2.00\n")
    path.write_bytes(packed)
    with pytest.raises(MediaError, match=r"shorten-v2.00.*sph2pipe"):
        read_sphere(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda data: data[:-100], "sound is missing at its end"),
        (lambda data: data.replace(b"sample_rate", b"sample_rats"), "header is damaged"),
        (lambda data: data.replace(b"   1024\n", b"   1x24\n"), "header is damaged"),
        (lambda data: data.replace(b"sample_count -i 16000", b"sample_count -i 0    "), "no sound in it"),
    ],
)
def test_damaged_sphere(tmp_path: Path, change: object, complaint: str) -> None:
    path = make_sphere(tmp_path / "a.wav")
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(MediaError, match=complaint):
        read_sphere(path)


def test_other_files_have_no_sphere_header(tmp_path: Path) -> None:
    put(tmp_path, "a.wav", "RIFF")
    assert read_sphere(tmp_path / "a.wav") is None


# --- layouts --------------------------------------------------------------------------------------------------


def test_grid_name_and_alignment_must_agree(tmp_path: Path, clip: Path) -> None:
    copy(clip, tmp_path, "s1/bbaf2n.mp4", "s1/bbaf3s.mp4")
    put(tmp_path, "s1/bbaf2n.align", align_text("bin blue at f three soon"))
    put(tmp_path, "s1/bbaf3s.align", align_text("bin blue at f three soon").replace("25000 sil", "80000 sil"))
    assert reasons(tmp_path, "grid") == [
        'its name spells "bin blue at f two now", its alignment "bin blue at f three soon"',
    ]


@pytest.mark.parametrize("stem", ["bbaf2", "xbaf2n", "bbafan", "s1-bbaf2n", "bbaf2n2"])
def test_grid_names(stem: str) -> None:
    assert sentence_of(stem) is None


def test_timit_facts(tmp_path: Path, clip: Path) -> None:
    timit(tmp_path, clip)
    test, train = (x.clip for x in survey(tmp_path, "timit").clips)
    assert train.facts == {"dialect": "dr1", "sex": "female"}
    assert test.facts == {"dialect": "dr2", "sex": "male", "core_test": "yes"}
    assert len(CORE_TEST) == 24
    assert sum(name.startswith("m") for name in CORE_TEST) == 16


def test_timit_labels_count_samples(tmp_path: Path, clip: Path) -> None:
    timit(tmp_path, clip)
    found = survey(tmp_path, "timit").clips[0].labels
    assert found is not None
    assert found.words == (Interval(0.2, 0.5, "she"),)
    assert found.source == "by hand"


def test_labels_beyond_the_end_are_told(tmp_path: Path, clip: Path) -> None:
    timit(tmp_path, clip)
    put(tmp_path, "TEST/DR2/MDAB0/SX139.WRD", "3200 80000 she\n")
    assert reasons(tmp_path, "timit") == ["its labels of words end at 5.00 s, the clip at 1.00 s"]


def test_lrs_complaints(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    copy(clip, tmp_path, "main/5535415/00003.mp4", "main/5535415/00004.mp4")
    put(tmp_path, "main/5535415/00003.txt", "Text:  ONE MORE\nConf:  4\n\nWORD START END ASDSCORE\nONE 0.1 0.2 5\n")
    assert reasons(tmp_path, "lrs") == [
        "its text has 2 words, its table 1, and they are not the same",
        "no text of it: a file beside it must begin with 'Text:'",
    ]


def test_lrs_bad_row_of_words(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    put(tmp_path, "pretrain/6330311/00009.txt", "Text:  AND THEN\n\nWORD START END ASDSCORE\nAND now then 1\n")
    [reason] = reasons(tmp_path, "lrs")
    assert "00009.txt:4: 'AND now then 1' is not a row of words" in reason


def test_unreadable_text_costs_no_other_clip(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "lrs", clip)
    (tmp_path / "lrs/main/5535415/00001.txt").write_bytes(b"Text:  \xff\n")
    copy(clip, tmp_path, "plain/a.mp4", "plain/b.mp4")
    (tmp_path / "plain/a.txt").write_bytes(b"\xff")
    put(tmp_path, "plain/b.txt", "hello")
    for layout, n_said in (("lrs", 2), ("plain", 1)):
        found = survey(tmp_path / layout, "folder" if layout == "plain" else layout)
        assert found.count(lambda x: x.clip.transcript) == n_said
        assert any("not UTF-8" in x.reason for x in found.faults)


def test_voxceleb_speakers_are_looked_up(tmp_path: Path, clip: Path) -> None:
    voxceleb(tmp_path, clip)
    copy(clip, tmp_path, "dev/mp4/id09999/x/00001.mp4")
    found = survey(tmp_path, "voxceleb")
    assert [x.clip.facts.get("sex") for x in found.clips] == ["male", None, "female"]
    assert [x.reason for x in found.faults] == ["its speaker, id09999, is in neither vox1_meta.csv nor vox2_meta.csv"]


# --- labels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0 10 a\nb c d\n", ":2: 'b c d' is not a label"),
        ("0 10\n", ":1: '0 10' is not a label"),
        ("10 0 a\n", "must end after it starts"),
        ("0 nan a\n", "must end after it starts"),
    ],
)
def test_bad_label_lines(tmp_path: Path, text: str, complaint: str) -> None:
    put(tmp_path, "a.phn", text)
    with pytest.raises(ParseError, match=complaint):
        read_label_lines(tmp_path / "a.phn", 1000)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("hello", ":1: not a master label file"),
        ('#!MLF!#\n"a"\n0 1 x\n', "does not end with a point"),
        ("#!MLF!#\n0 1 x\n", ":2: '0 1 x' is no entry"),
    ],
)
def test_bad_master_label_files(tmp_path: Path, text: str, complaint: str) -> None:
    put(tmp_path, "a.mlf", text)
    with pytest.raises(ParseError, match=complaint):
        read_mlf(tmp_path / "a.mlf")


def test_damaged_textgrid_and_annotation(tmp_path: Path) -> None:
    put(tmp_path, "a.TextGrid", "not a TextGrid")
    put(tmp_path, "a_annot.json", '{"levels": 3}')
    with pytest.raises(ParseError, match="TextGrid"):
        read_tiers(tmp_path / "a.TextGrid")
    with pytest.raises(ParseError, match="EMU"):
        read_emu(tmp_path / "a_annot.json")


def test_overlapping_labels_are_cut() -> None:
    words = (Interval(0.1, 0.5, "a"), Interval(0.1, 0.3, "b"), Interval(0.2, 0.6, "c"))
    [tier] = reference_tiers(Labels(words=words), 1.0)
    assert [(x.start, x.end, x.label) for x in tier if x.label] == [(0.1, 0.2, "a"), (0.2, 0.6, "c")]
    assert (tier.start, tier.end) == (0.0, 1.0)


# --- lists of other programs ----------------------------------------------------------------------------------


def test_lhotse_and_back(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "lrs", clip)
    found = survey(tmp_path / "lrs", "lrs")
    (tmp_path / "out").mkdir()
    write_lhotse(tmp_path / "out", found.clips)
    back = survey(tmp_path / "out", "lhotse")
    assert [(x.clip.path, x.clip.transcript, x.clip.speaker, x.clip.split) for x in back.clips] == [
        (x.clip.path.resolve(), x.clip.transcript, x.clip.speaker, x.clip.split) for x in found.clips
    ]
    assert [x.labels and [w.label for w in x.labels.words] for x in back.clips] == [None, None, ["AND", "THEN"]]
    [row] = [json.loads(x) for x in (tmp_path / "out/recordings.jsonl").read_text().splitlines() if "00009" in x]
    [spoken] = [json.loads(x) for x in (tmp_path / "out/supervisions.jsonl").read_text().splitlines() if "00009" in x]
    assert spoken["duration"] == row["duration"], "Lhotse refuses what is spoken beyond its recording"
    assert row["num_samples"] == round(row["duration"] * row["sampling_rate"])
    assert row["sources"][0]["video"] == {"fps": 25.0, "num_frames": 25, "height": 48, "width": 64}


def test_lhotse_needs_lengths(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    with pytest.raises(InputError, match="--no-check"):
        write_lhotse(tmp_path, survey(tmp_path, "lrs", check="none").clips)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[1]\n", ":1: not a JSON object"),
        ('{"id": "a"}\n', ":1: no sources in this line"),
        ('{"id": "a", "sources": [{"type": "url", "source": "http://x"}]}\n', "its source is no file"),
        ("{\n", "not a manifest of Lhotse"),
    ],
)
def test_bad_lhotse_manifests(tmp_path: Path, text: str, complaint: str) -> None:
    put(tmp_path, "recordings.jsonl", text)
    with pytest.raises(ParseError, match=complaint):
        survey(tmp_path, "lhotse")


def test_kaldi_and_back(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "l r's", clip)  # a name that a shell would break
    found = survey(tmp_path / "l r's", "lrs")
    (tmp_path / "out").mkdir()
    written = write_kaldi(tmp_path / "out", found.clips)
    assert [path.name for path in written] == ["wav.scp", "text", "utt2spk", "spk2utt"]
    back = survey(tmp_path / "out", "kaldi")
    assert [(x.clip.path, x.clip.transcript, x.clip.speaker) for x in back.clips] == [
        (x.clip.path.resolve(), x.clip.transcript, x.clip.speaker) for x in found.clips
    ]
    for path in written:
        lines = path.read_bytes().splitlines()
        assert lines == sorted(lines), f"{path.name} is sorted by bytes, as Kaldi demands"
    speakers = dict(line.split() for line in (tmp_path / "out/utt2spk").read_text().splitlines())
    assert all(utterance.startswith(f"{speaker}-") for utterance, speaker in speakers.items())


def test_kaldi_commands_are_not_run(tmp_path: Path) -> None:
    put(tmp_path, "wav.scp", f"a touch {tmp_path / 'ran'} |\n")
    with pytest.raises(ParseError, match="does not run"):
        survey(tmp_path, "kaldi")
    assert not (tmp_path / "ran").exists()


# --- manifest -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_manifest_is_what_a_batch_reads(tmp_path: Path, clip: Path, suffix: str) -> None:
    lrs(tmp_path / "lrs", clip)
    found = survey(tmp_path / "lrs", "lrs")
    manifest = read_manifest(write_manifest(tmp_path / f"lrs.{suffix}", found.clips))
    assert not manifest.warnings
    rows = [((manifest.root / x.clip).resolve(), x.text, x.speaker, x.condition) for x in manifest.clips]
    assert rows == [(x.clip.path.resolve(), x.clip.transcript, x.clip.speaker, x.clip.split) for x in found.clips]
    clips, without = clips_to_train_with(tmp_path / f"lrs.{suffix}")
    assert [(x.path.resolve(), x.transcript, x.speaker) for x in clips] == [row[:3] for row in rows]
    assert without == []


def test_manifest_names_the_sound_and_clips_without_text(tmp_path: Path, clip: Path) -> None:
    copy(clip, tmp_path, "=s/one.mp4", "b/one.mp4")
    make_sphere(tmp_path / "b/one.wav")
    write_manifest(tmp_path / "m.csv", survey(tmp_path, "folder").clips)
    first, second = read_manifest(tmp_path / "m.csv").clips
    assert (tmp_path / first.clip).is_file()
    assert (second.clip, second.audio, second.text) == ("./b/one.mp4", "./b/one.wav", "")
    assert clips_to_train_with(tmp_path / "m.csv") == ([], [tmp_path / first.clip, tmp_path / second.clip])


def test_training_takes_a_manifest_or_a_folder(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path / "lrs", clip)
    write_manifest(tmp_path / "m.jsonl", survey(tmp_path / "lrs", "lrs").clips)
    prepared, left_out = prepare_folder(tmp_path / "m.jsonl")
    # these clips show no face: each is named, none is lost
    assert (prepared, [name for name, _ in left_out]) == ([], ["00001.mp4", "00002.mp4", "00009.mp4"])
    copy(clip, tmp_path, "plain/a.mp4")
    put(tmp_path, "plain/a.txt", "hello")
    assert [x.transcript for x in listed_clips(tmp_path / "plain")[0]] == ["hello"]


def test_only_one_split(tmp_path: Path, clip: Path) -> None:
    lrs(tmp_path, clip)
    assert [x.clip.name for x in survey(tmp_path, "lrs", split="test").clips] == ["main/5535415/00002.mp4"]
    with pytest.raises(ConfigError, match="pretrain, test, train"):
        survey(tmp_path, "lrs", split="valid")


# --- command --------------------------------------------------------------------------------------------------


def test_command(tmp_path: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    lrs(corpus, clip)
    arguments = ("corpus", corpus, "--as", "lrs")
    assert run(*arguments, "--labels", out / "tiers", "--lhotse", out / "lhotse", "--kaldi", out / "kaldi") == 0
    shown = capsys.readouterr().out
    assert "LRS2" in shown
    assert "pretrain" in shown
    assert (out / "tiers/pretrain/6330311/00009.TextGrid").is_file()
    (corpus / "main/5535415/00001.mp4").write_bytes(b"x")
    assert run(*arguments, "--faults", out / "faults.csv", "--quiet") == 1
    with (out / "faults.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["clip"], row["kind"]) == ("main/5535415/00001.mp4", "damaged")
    assert run(*arguments, "--split", "test", "-o", out / "test.csv", "--quiet") == 0
    assert [x.text for x in read_manifest(out / "test.csv").clips] == ["CHIPS"]
    assert run(*arguments, "--labels", corpus / "tiers") == 2
    assert "never written to" in capsys.readouterr().err
    assert run("corpus", corpus, "--as", "vimeo") == 2
    assert run("corpus", corpus, "--as", "grid") == 3


# --- the real files -------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_real_grid(corpus: Path) -> None:
    found = survey(corpus / "grid", "grid")
    assert {"s1", "s2", "s30", "s31", "s32", "s5"} <= set(found.speakers)  # more may be put there
    n_labelled = len(list((corpus / "grid").rglob("*.align")))
    assert (found.count(lambda x: x.labels), len(found.clips) - len(found.faults)) == (n_labelled, n_labelled)
    assert len(found.clips) >= 176
    assert {x.reason for x in found.faults} == {"no alignment of its words was found"}
    assert all(len((x.clip.transcript or "").split()) == 6 for x in found.clips)


@pytest.mark.corpus
def test_real_timit(corpus: Path) -> None:
    found = survey(corpus / "timit", "timit", check="decode")
    assert [x.clip.speaker for x in found.clips] == ["fvmh0"] * 3
    labels = found.clips[0].labels
    assert labels is not None
    assert found.clips[0].clip.transcript == "she had your dark suit in greasy wash water all year"
    assert (labels.words[0].start, labels.words[0].end) == (7812 / 16000, 10610 / 16000)
    assert not found.faults


@pytest.mark.corpus
def test_real_emu_and_plain_folders(corpus: Path) -> None:
    found = survey(corpus / "ae", "folder")
    assert found.clips[0].clip.transcript == "amongst her friends she was considered beautiful"
    assert all(x.labels and x.labels.phones for x in found.clips)
    # words that share a phone
    assert [x.reason for x in found.faults] == ["1 of its words begin before the one before ends"] * 2
    assert survey(corpus / "librivox", "folder").count(lambda x: x.clip.transcript) == 5
