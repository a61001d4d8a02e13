"""Object storage: a folder by address, a store in memory, and S3 as a local server speaks it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests_of_batches import make_clips, n_worked, rows_of, run

from visalign.batch import BatchSettings
from visalign.batch.ledger import LEDGER_NAME, Ledger
from visalign.corpora.clip_list import read_manifest
from visalign.errors import BackendUnavailable, ConfigError, MediaError, OutputError
from visalign.files import object_storage
from visalign.files.object_storage import fetch, identity, is_address, name_of, refuse_scheme, size_of, upload

fsspec: Any = pytest.importorskip("fsspec")


@pytest.fixture(params=["file", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty place of each kind."""
    if request.param == "file":
        (tmp_path / "store").mkdir()
        return f"file://{tmp_path}/store"
    if request.param == "s3":
        return str(request.getfixturevalue("bucket"))
    return f"memory://{tmp_path.name}"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A bucket of a server on this machine."""
    servers: Any = pytest.importorskip("moto.server")
    s3fs: Any = pytest.importorskip("s3fs")
    server = servers.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().makedirs("clips", exist_ok=True)  # servers of one process share what they hold
    yield f"s3://clips/{tmp_path.name}"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_what_is_an_address() -> None:
    assert [is_address(x) for x in ("s3://b/a.mp4", "gs://b/a", "a/b.mp4", "C:/a.mp4", "//host/a", "s3:/b")] == [
        *(True, True, False, False, False, False)
    ]
    assert name_of("s3://bucket/clips/a b.mp4") == "a b.mp4"
    for bad in ("http://host/a.mp4", "ftp://host/a", "s3://", "concat://a", "a.mp4"):
        with pytest.raises(ConfigError, match="s3://"):
            refuse_scheme(bad)


def test_written_whole_and_read_back(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In ranges, the last of them short."""
    monkeypatch.setattr(object_storage, "_RANGE_BYTES", 1000)
    source, content = tmp_path / "a.mp4", bytes(range(256)) * 10
    source.write_bytes(content)
    address = f"{store}/s1/a.mp4"
    upload(source, address)
    assert size_of(address) == 2560
    (tmp_path / "here").mkdir()
    found = fetch(address, tmp_path / "here", expected=identity(address))
    assert (found.name, found.read_bytes()) == ("a.mp4", content)


def test_a_local_store_shows_no_half_object(tmp_path: Path) -> None:
    source = tmp_path / "a.json"
    source.write_text("{}")
    upload(source, f"file://{tmp_path}/store/reports/a.json")
    assert [x.name for x in (tmp_path / "store/reports").iterdir()] == ["a.json"]
    (tmp_path / "store/reports/b.json").mkdir()
    with pytest.raises(OutputError, match="can't be written"):
        upload(source, f"file://{tmp_path}/store/reports/b.json")
    assert sorted(x.name for x in (tmp_path / "store/reports").iterdir()) == ["a.json", "b.json"]


def test_other_content_is_another_identity(store: str, tmp_path: Path) -> None:
    source, address = tmp_path / "a.mp4", f"{store}/a.mp4"
    source.write_bytes(b"one")
    upload(source, address)
    before = identity(address)
    assert identity(address) == before
    source.write_bytes(b"two!")
    upload(source, address)
    assert identity(address) != before
    (tmp_path / "here").mkdir()
    with pytest.raises(MediaError, match="changed while it was read"):
        fetch(address, tmp_path / "here", expected=before)


def test_what_is_not_there_or_too_large(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4: no such object"):
        size_of(f"{store}/none.mp4")
    source = tmp_path / "a.mp4"
    source.write_bytes(b"x" * 100)
    upload(source, f"{store}/a.mp4")
    monkeypatch.setenv("VISALIGN_MAX_OBJECT_BYTES", "99")
    (tmp_path / "here").mkdir()
    with pytest.raises(MediaError, match="--max object-bytes=N"):
        fetch(f"{store}/a.mp4", tmp_path / "here")
    assert not list((tmp_path / "here").iterdir())


def test_a_range_that_comes_short_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_storage, "_PAUSE_SECONDS", 0.0)

    class Flaky:
        def __init__(self, n_faults: int) -> None:
            self.n_faults = n_faults

        def cat_file(self, _path: str, *, start: int, end: int) -> bytes:
            self.n_faults -= 1
            return b"x" * (end - start - (self.n_faults >= 0))

    assert object_storage._range("s3://b/a", Flaky(2), "b/a", 0, 10) == b"x" * 10
    with pytest.raises(MediaError, match="9 of 10 bytes"):
        object_storage._range("s3://b/a", Flaky(3), "b/a", 0, 10)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(BackendUnavailable, match=r'pip install "visalign\[cloud\]"'):
        size_of("s3://bucket/a.mp4")


# --- in a batch -------------------------------------------------------------------------------------------------


def check_batch(store: str, tmp_path: Path) -> None:
    """Clips of a store: done with leave, refused without it; what was fetched is gone; results are copied whole."""
    folder = make_clips(tmp_path / "clips", ["a", "b", "crash"])
    for path in folder.iterdir():
        upload(path, f"{store}/{path.name}")
    lines = [f"{store}/{name}.mp4" for name in ("a", "b", "crash", "none")]
    (tmp_path / "clips.csv").write_text("\n".join(["clip", *lines]))
    assert [x.id.split("/")[-1] for x in read_manifest(tmp_path / "clips.csv").clips] == ["a", "b", "crash", "none"]
    settings = BatchSettings(time_limit_seconds=60)
    refused = run(tmp_path / "clips.csv", tmp_path / "refused", settings)
    assert refused.reasons == {"missing": 4}
    assert all("--cloud" in row["message"] for row in rows_of(tmp_path / "refused").values())

    cloud = BatchSettings(time_limit_seconds=60, cloud=True, upload=f"{store}/results")
    result = run(tmp_path / "clips.csv", tmp_path / "out", cloud)
    assert (result.done, result.reasons) == (2, {"crash": 1, "missing": 1})
    assert run(tmp_path / "clips.csv", tmp_path / "out", cloud).run_done == 0
    with Ledger(tmp_path / "out" / LEDGER_NAME, read_only=True) as ledger:
        reports = [entry.report for entry in ledger.entries(states=("done",))]
    (tmp_path / "here").mkdir()
    for name in (*reports, "summary.csv"):
        assert (
            fetch(f"{store}/results/{name}", tmp_path / "here").read_bytes()
            == (tmp_path / "out" / str(name)).read_bytes()
        )


def test_a_batch_over_a_folder_by_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    check_batch(f"file://{tmp_path}/store", tmp_path)
    assert not list(scratch.iterdir())
    assert not n_worked(tmp_path / "store")  # beside the copies, which are gone


def test_a_batch_over_a_bucket(bucket: str, tmp_path: Path) -> None:
    check_batch(bucket, tmp_path)
