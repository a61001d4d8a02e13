"""Settings: TOML in, typed values out, and nothing misspelt gets through."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visalign.config import PROFILES, Config, LipParams, SyncParams, VerdictParams
from visalign.errors import ConfigError, ParseError
from visalign.parameters import GATES, GateParams


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "visalign.toml"
    path.write_text(text, encoding="utf-8")
    return Config.load(path)


def test_a_file_names_only_what_differs(tmp_path: Path) -> None:
    config = load(tmp_path, '[sync]\nviseme_map = "neti_2000"\n[verdict]\nmax_lead_seconds = 1\n')
    assert config == Config(sync=SyncParams("neti_2000"), verdict=VerdictParams(max_lead_seconds=1.0))
    assert load(tmp_path, "") == Config()


def test_the_default_search_is_fifteen_frames_at_25() -> None:
    assert Config().sync.max_lag_seconds == pytest.approx(15 / 25, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[lips]\ndetect_evry = 5\n", r"lips\.detect_evry.*allowed.*detect_every.*did you mean detect_every"),
        ("[lisp]\ndetect_every = 5\n", r"lisp.*alignment, lips, sync, verdict, .*did you mean lips"),
        ("[lips]\ndetect_every = 0\n", r"lips\.detect_every = 0.*1 or more"),
        ("[lips]\ndetect_every = 2.5\n", r"lips\.detect_every = 2\.5.*whole number"),
        ("[lips]\ndetect_every = true\n", r"detect_every = True.*whole number"),
        ("[sync]\nmax_lag_seconds = nan\n", r"sync\.max_lag_seconds"),
        ("[sync]\nmax_lag_seconds = true\n", r"a number"),
        ("[sync]\nviseme_map = 3\n", r"sync\.viseme_map = 3.*a text"),
        ('[verdict]\nprofile = "ebu"\n', r"verdict\.profile = 'ebu'.*ebu_r37, .*itu_bt1359"),
        ('[verdict]\nstrict = "yes"\n', r"verdict\.strict = 'yes'.*true or false"),
        ("[verdict]\nstrict = 1\n", r"verdict\.strict = 1.*true or false"),
        ("[verdict]\nmax_lag_seconds = -0.06\n", r"verdict\.max_lag_seconds = -0\.06.*more than 0"),
        ("lips = 3\n", r"lips = 3.*\[lips\]"),
    ],
)
def test_what_can_not_be_is_refused_with_what_can(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, text)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match=r"visalign\.toml:1: not a TOML file"):
        load(tmp_path, "lips: 3")
    with pytest.raises(ParseError, match=r"none\.toml: can't be read"):
        Config.load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'x = "\xe9"')
    with pytest.raises(ParseError, match=r"latin\.toml:1: not UTF-8"):
        Config.load(tmp_path / "latin.toml")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_bytes(b"\xef\xbb\xbf[lips]\ndetect_every = 5\n")
    assert Config.load(path).lips == LipParams(5)


@given(
    detect_every=st.integers(1, 100),
    max_lag=st.floats(0.1, 10),
    profile=st.sampled_from(sorted(PROFILES)),
    strict=st.booleans(),
)
def test_plain_data_round_trips(detect_every: int, max_lag: float, profile: str, strict: bool) -> None:
    config = Config(lips=LipParams(detect_every), sync=SyncParams(max_lag_seconds=max_lag))
    config = dataclasses.replace(config, verdict=VerdictParams(profile, strict=strict))
    data = config.to_dict()
    del data["verdict"]["max_lead_seconds"], data["verdict"]["max_lag_seconds"]  # TOML has no null
    assert Config.from_dict(data) == config
    assert Config.from_dict(data).digest == config.digest


def test_the_digest_tells_settings_apart(tmp_path: Path) -> None:
    assert load(tmp_path, "[lips]\ndetect_every = 10\n").digest == Config().digest
    assert load(tmp_path, "[lips]\ndetect_every = 11\n").digest != Config().digest


def test_limits_come_from_the_profile_unless_given() -> None:
    assert VerdictParams("itu_bt1359").limits == PROFILES["itu_bt1359"] == (0.045, 0.125)
    own = VerdictParams("itu_bt1359", max_lag_seconds=0.1)
    assert (own.name, own.limits) == ("custom", (0.045, 0.1))
    assert Config().verdict.name in PROFILES


def test_every_profile_tolerates_late_audio_more_than_early() -> None:
    """Sound that comes late is natural (it is slower than light); all standards allow more of it."""
    assert all(0 < lead < lag for name, (lead, lag) in PROFILES.items() if name != "film")
    assert PROFILES["film"] == (0.022, 0.022)  # half a frame at 23 frames a second, the same to either side


def test_a_gate_comes_with_its_profile_and_goes_with_it() -> None:
    config = Config().changed(profile="dubbing")
    assert config.gate == GATES["dubbing"]
    assert config.verdict.limits == (0.06, 0.08)
    assert config.changed(profile="film").gate == GateParams()
    assert Config.from_dict({"verdict": {"profile": "dubbing"}, "gate": {"max_end_seconds": 0.3}}).gate == (
        dataclasses.replace(GATES["dubbing"], max_end_seconds=0.3)
    )
    assert not Config().gate.is_on


def test_a_gate_of_ones_own_is_no_profile_of_that_name() -> None:
    config = Config.from_dict({"verdict": {"profile": "dubbing"}, "gate": {"max_end_seconds": 0.3}})
    assert (config.profile_name, Config().changed(profile="dubbing").profile_name) == ("custom", "dubbing")
    assert Config.from_dict(config.to_dict()) == config
    bare = dataclasses.replace(config, gate=GateParams())
    assert Config.from_dict(bare.to_dict()) == bare


def test_a_profile_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "house.toml"
    path.write_text(
        "[verdict]\nmax_lead_seconds = 0.03\nstrict = true\n[gate]\nmax_end_seconds = 0.2\n", encoding="utf-8"
    )
    config = Config().changed(profile=str(path))
    assert config.verdict.limits == (0.03, 0.06)
    assert config.verdict.strict
    assert config.gate == GateParams(max_end_seconds=0.2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gate]\nmax_end = 0.2\n", r"house\.toml: gate\.max_end = 0\.2 .*did you mean max_end_seconds"),
        ("[gate]\nmin_match = 2.0\n", r"house\.toml: gate\.min_match = 2\.0"),
        ("[sync]\nmax_lag_seconds = 1.0\n", r"house\.toml: sync = "),
        ("[gate\n", r"house\.toml:1: not a TOML file"),
    ],
)
def test_what_is_none_of_a_profile_is_refused_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "house.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError, match=message):
        Config().changed(profile=str(path))


def test_a_reference_counts_in_the_digest_and_none_does_not() -> None:
    assert "reference" not in Config().to_dict()["sync"]
    assert Config().changed(reference="a.mp4").digest != Config().digest
