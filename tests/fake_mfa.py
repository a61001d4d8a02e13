"""A stand-in for the program `mfa` in tests: it replays outputs of the real one, or made-up ones. It aligns nothing.

Environment: ``FAKE_MFA_RECORDED`` (a folder: ``<words joined by _>.json`` for align_one, ``<speaker>/<clip>.json`` and
``alignment_analysis.csv`` for align), ``FAKE_MFA_LOG`` (a file that gets the arguments), ``FAKE_MFA_FAULT``.
"""

import json
import os
import shutil
import sys
import time
import wave
from pathlib import Path

arguments = sys.argv[1:]
recorded, fault = Path(os.environ["FAKE_MFA_RECORDED"]), os.environ.get("FAKE_MFA_FAULT", "")
with Path(os.environ["FAKE_MFA_LOG"]).open("a", encoding="utf-8") as log:
    log.write(json.dumps(arguments) + "\n")


def play(source: Path, sound: Path, target: Path) -> None:
    with wave.open(str(sound)) as file:
        assert file.getsampwidth() == 2
    if fault == "garbage":
        target.write_text("{", encoding="utf-8")
    elif source.exists() and fault != "nothing":
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


if fault == "crash":
    sys.stdout.write("\x1b[31m ERROR \x1b[0m   There was an error in the run, please see the log.\n")
    sys.exit(1)
if fault == "hang":
    time.sleep(60)
if arguments == ["version"]:
    sys.stdout.write("3.4.3\n")
elif arguments[0] == "align_one":
    sound, text, _, _, target = map(Path, arguments[1:6])
    play(recorded / f"{'_'.join(text.read_text(encoding='utf-8').split())}.json", sound, target)
elif arguments[0] == "align":
    corpus, _, _, target = map(Path, arguments[1:5])
    for sound in sorted(corpus.rglob("*.wav")):
        assert sound.with_suffix(".lab").is_file()
        name = sound.relative_to(corpus).with_suffix(".json")
        play(recorded / name, sound, target / name)
    analysis = recorded / "alignment_analysis.csv"
    if analysis.exists() and fault != "nothing":
        shutil.copy(analysis, target)
sys.stdout.write("INFO     Done! Everything took 3.0 seconds\n")
