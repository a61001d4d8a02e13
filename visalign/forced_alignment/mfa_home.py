"""A folder of its own for each run of the Montreal Forced Aligner.

MFA keeps in one folder (``MFA_ROOT_DIR``, by default ``~/Documents/MFA``) the models that were downloaded, its
configuration, and all that it works with. What was learnt of that from MFA 3.4.3:

* ``align_one`` keeps the dictionary that it compiled under the *name* of the dictionary's file, and takes it from there
  next time, whatever the file says by then, or which model it is for; what a G2P model guessed is in it.
* An acoustic model is unpacked to the same place by each run, which first removes what another one may be reading.
* The history of commands is written by all runs at once; once it is damaged, each command ends with an error about it.
* The working files of a corpus stay.
* A corpus is refused that lies in that folder, or whose path merely begins as the folder's does.

So each run gets a new one, which is removed with all that is in it. The models and the configuration are the user's.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from visalign.errors import ParseError
from visalign.files.data_files import parse_yaml, read_bytes

__all__ = ["HOME_VARIABLE", "acoustic_model_file", "private_home", "users_home"]

HOME_VARIABLE = "MFA_ROOT_DIR"
MODELS = "pretrained_models"
CONFIGURATION = "global_config.yaml"
ACOUSTIC_SUFFIXES = (".zip", ".am")

NOT_TAKEN = ("temporary_directory", "use_postgres", "github_token", "hf_token")
"""Settings that belong to the user's folder (its database is there), or that a run without network needs not."""


def users_home() -> Path:
    """The folder that MFA uses when a user starts it."""
    path = Path(os.environ.get(HOME_VARIABLE) or "~/Documents/MFA")
    try:
        return path.expanduser()
    except RuntimeError:  # nobody's home
        return path


@contextmanager
def private_home() -> Iterator[Path]:
    """A new folder for one run, with the models and the configuration of the user's; removed in the end."""
    own = users_home().absolute()
    # What MFA started may still be writing when it is ended.
    with tempfile.TemporaryDirectory(prefix="visalign_mfa_home_", ignore_cleanup_errors=True) as name:
        home = Path(name)
        if (own / MODELS).is_dir():
            _lend(own / MODELS, home / MODELS)
        if (own / CONFIGURATION).is_file():
            _copy_configuration(own / CONFIGURATION, home / CONFIGURATION)
        yield home


def _lend(models: Path, place: Path) -> None:
    try:
        place.symlink_to(models, target_is_directory=True)
    except OSError:  # Windows gives few people the right to make links
        shutil.copytree(models, place)


def _copy_configuration(source: Path, target: Path) -> None:
    """The user's settings, but for `NOT_TAKEN`."""
    with suppress(ParseError, OSError):  # MFA's own defaults stand in for a configuration that can't be read
        settings = parse_yaml(source, read_bytes(source))
        if isinstance(settings, dict):
            profiles = settings.get("profiles")
            for table in (settings, *(profiles.values() if isinstance(profiles, dict) else ())):
                for key in NOT_TAKEN if isinstance(table, dict) else ():
                    table.pop(key, None)
            target.write_text(json.dumps(settings, default=str), encoding="utf-8")  # JSON is YAML


def acoustic_model_file(name: str) -> Path | None:
    """The file that MFA would take for `name`: a model that was downloaded, or a path; None where there is none."""
    downloaded = [users_home() / MODELS / "acoustic" / f"{name}{suffix}" for suffix in ACOUSTIC_SUFFIXES]
    return next((path for path in (*downloaded, Path(name)) if path.is_file()), None)
