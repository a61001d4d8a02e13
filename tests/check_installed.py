"""Checks an installed visalign from outside its checkout; run by ``.ci/run``, not by pytest.

``python check_installed.py CHECKOUT``, with the interpreter of the environment that the wheel was installed into.
"""

import importlib
import pkgutil
import sys
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import visalign
from visalign.visemes.viseme_map import VisemeMap, available_maps

DATA_FOLDERS = {
    "visalign.reports.html_report.assets": "visalign/reports/html_report/assets",
    "visalign.lexicons": "lexicons",
    "visalign.models": "visalign/models",
    "visalign.viseme_maps": "viseme_maps",
}
DATA_SUFFIXES = {".css", ".dict", ".html", ".js", ".json", ".npz", ".svm", ".toml"}


def check_modules() -> int:
    """Import every module; return how many there are."""
    found = pkgutil.walk_packages(visalign.__path__, "visalign.")
    names = [module.name for module in found if not module.name.endswith("__main__")]
    for name in names:
        importlib.import_module(name)
    return len(names)


def check_data(checkout: Path) -> int:
    """Find every data file of the checkout in the installed package; return how many there are."""
    n_files = 0
    for package, folder in DATA_FOLDERS.items():
        wanted = {path.name for path in (checkout / folder).iterdir() if path.suffix in DATA_SUFFIXES}
        shipped = {item.name for item in files(package).iterdir()}
        assert wanted, f"{folder}/ holds no data"
        assert wanted <= shipped, f"missing from the wheel: {folder}/{', '.join(sorted(wanted - shipped))}"
        n_files += len(wanted)
    return n_files


def check_maps() -> int:
    """Load every viseme map and look a phone up in it; return how many there are."""
    names = available_maps()
    assert names, "no viseme maps"
    for name in names:
        viseme_map = VisemeMap.load(name)
        assert viseme_map.lookup("B", "arpabet") in viseme_map.visemes, name
    return len(names)


def main(checkout: Path) -> None:
    """Run the checks."""
    home = Path(visalign.__file__).parent
    assert not home.is_relative_to(checkout), f"imported from the checkout: {home}"
    assert (home / "py.typed").is_file()
    assert importlib.import_module("visalign._version").__version__ == version("visalign")
    print(f"visalign {version('visalign')}: {check_modules()} modules, {check_data(checkout)} data files,", end=" ")
    print(f"{check_maps()} viseme maps")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
