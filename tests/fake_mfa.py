"""A stand-in for the program `mfa` in tests: it does with files, folders and words what MFA 3.4.3 was seen to do.

It searches for nothing. Recordings of the real program are replayed where there are any, and other clips are then
left out; else each phone of the dictionary gets an equal share of the sound. What is like the real one:

* its home is ``MFA_ROOT_DIR``, else ``~/Documents/MFA``; names of models are those of its ``pretrained_models``;
* a corpus whose path begins as the home's does is refused, exit 2;
* an acoustic model is unpacked under its name in the home, over what lies there;
* ``align_one`` keeps the compiled dictionary under the stem of its file, with what a G2P model guessed, and takes it
  from there unless ``--clean`` is given; phones of a kept dictionary that the model lacks are a crash, exit 1;
* ``align_one`` writes ``<unk>`` for words that the dictionary lacks, phones with their place in the word for models
  that have places (wrong ones), and pauses as ``<eps>`` and ``sil``; ``align`` writes neither;
* words are cut at punctuation, at hyphens only where the dictionary lacks the whole, and made small by ``lower``;
* working files of a corpus stay in the home unless ``--final_clean`` is given; every command adds to a history there,
  and ends in an error where that can't be read;
* a search that fails is exit 1 for ``align_one``, and a missing file of ``align``.

Environment: ``FAKE_MFA_RECORDED`` (a folder: ``<words joined by _>.json`` for align_one, ``<speaker>/<clip>.json`` and
``alignment_analysis.csv`` for align), ``FAKE_MFA_LOG`` (a file that gets the arguments, the home and the texts),
``FAKE_MFA_FAULT``: nothing, garbage, crash, hang, slow, beam (the search fails for words of ``FAKE_MFA_LOST``, or all).
"""

import json
import os
import re
import shutil
import sys
import time
import unicodedata
import wave
import zipfile
from pathlib import Path

ARGUMENTS = sys.argv[1:]
FAULT = os.environ.get("FAKE_MFA_FAULT", "")
RECORDED = Path(os.environ.get("FAKE_MFA_RECORDED", "/nonexistent"))
REPLAYS = RECORDED.is_dir() and any(RECORDED.iterdir())
HOME = Path(os.environ.get("MFA_ROOT_DIR", "~/Documents/MFA")).expanduser()
PUNCTUATION = r"""[\s、。।，？！!@<>→"”()“„–,.:;—¿?¡：）|؟\\&%#*،~【】，…‥「」『』〝〟″⟨⟩♪・‚‘‹›«»～′$+=‘۔―]+"""
SUFFIXES = {"dictionary": (".dict", ".txt", ".yaml"), "acoustic": (".zip", ".am"), "g2p": (".zip", ".g2p")}
GUESS = "GUESSED"
TRACEBACK = """╭─────────────────────────── Traceback (most recent call last) ────────────────────────────╮
│ /opt/mfa/lib/python3.11/site-packages/montreal_forced_aligner/command_line/align_one.py:173 in align_one_function │
│ ❱ 173     ctm = kalpy_aligner.align_utterance(utt)                                             │
╰──────────────────────────────────────────────────────────────────────────────────────────╯
"""


def say(text):
    sys.stdout.write(text + "\n")


def fail(text, code=1):
    say(text)
    add_to_history(code)
    sys.exit(code)


def usage(argument, text):
    fail(f"Usage: mfa [OPTIONS]\n╭─ Error ─────╮\n│ Invalid value for '{argument}': {text} │\n╰─────────────╯", 2)


def option(name):
    return ARGUMENTS[ARGUMENTS.index(name) + 1] if name in ARGUMENTS else None


def add_to_history(code):
    path = HOME / "command_history.yaml"
    rows = path.read_text(encoding="utf-8") if path.exists() else ""
    if re.search(r"^[^-\s]", rows, re.MULTILINE):
        say(f"Exception ignored in atexit callback\nyaml.scanner.ScannerError: mapping values are not allowed, {path}")
        return
    path.write_text(f"{rows}- command: mfa {ARGUMENTS[0]}\n  exit_code: {code}\n", encoding="utf-8")


def model_path(kind, name, argument):
    downloaded = HOME / "pretrained_models" / kind
    downloaded.mkdir(parents=True, exist_ok=True)
    names = {path.stem: path for path in downloaded.iterdir() if path.suffix in SUFFIXES[kind]}
    path = names.get(name, Path(name))
    if not path.exists():
        usage(argument, f"Could not find a model named '{name}' for {kind}. Available: {', '.join(sorted(names))}.")
    return path


def unpack(path):
    """The meta file and the phones of an acoustic model, by way of the place to which MFA unpacks it."""
    place = HOME / "extracted_models" / "acoustic" / f"{path.stem}_acoustic"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    found = {}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(("meta.json", "meta.yaml", "phones.txt")):
                    (place / Path(name).name).write_bytes(archive.read(name))
    (place / "unpacked").touch()
    if FAULT == "slow":
        time.sleep(0.5)
    try:
        (place / "unpacked").read_bytes()
        for file in place.iterdir():
            found[file.name] = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        fail(f"{TRACEBACK}FileNotFoundError: [Errno 2] No such file or directory: '{error.filename}'")
    return found


def positions_of(model):
    meta = json.loads(model.get("meta.json", "{}"))
    dictionaries = meta.get("dictionaries")
    if "meta.yaml" in model:
        return "position_dependent_phones: false" not in model["meta.yaml"]
    if not meta:
        return False
    return (dictionaries or meta).get("position_dependent_phones", dictionaries is None)


def pronunciations_of(path):
    """The first pronunciation of each word; numbers are d.d only (kalpy), or a 1 as well (`align`)."""
    number = re.compile(r"\b\d+\.\d+\b" if ARGUMENTS[0] == "align_one" else r"\b(\d+\.\d+|1)\b")
    words = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if not fields:
            continue
        if len(fields) == 1:
            fail(f"{TRACEBACK}DictionaryError:\n\nError parsing line of {path}: '{line}' did not have a pronunciation")
        phones = fields[1:]
        while len(phones) > 1 and len(fields) - len(phones) < 5 and number.match(phones[0]):
            phones = phones[1:]
        words.setdefault(unicodedata.normalize("NFKC", fields[0]).lower(), phones)
    return words


def compiled(dictionary, model):
    """The dictionary as `align_one` has it."""
    kept = HOME / "extracted_models" / "dictionary" / dictionary.stem / "L.fst"
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = not kept.exists() or "--clean" in ARGUMENTS
    words = pronunciations_of(dictionary) if fresh else json.loads(kept.read_text(encoding="utf-8"))
    phones = {re.sub("_[BIES]$", "", x.split()[0]) for x in model.get("phones.txt", "").splitlines() if x.strip()}
    if phones and not fresh and not {x for row in words.values() for x in row} <= phones | {GUESS}:
        fail(f"{TRACEBACK}ERROR: ContextFst: CreateArc, invalid ilabel supplied [confusion about phone list?]: 58")
    guess = option("--g2p_model_path")
    if guess is not None:
        model_path("g2p", guess, "--g2p_model_path")
        for word in cut(Path(ARGUMENTS[2]).read_text(encoding="utf-8"), words):
            words.setdefault(word, [GUESS])
    if fresh or guess is not None:
        kept.write_text(json.dumps(words), encoding="utf-8")
    return words


def cut(text, words):
    """As the SimpleTokenizer does: small letters, brackets as one, hyphens and clitics by the dictionary."""
    text = re.sub("[’‘]", "'", unicodedata.normalize("NFKC", text).lower().replace("i̇", "i"))
    text = re.sub(r"[<\[{(].*?[>\]})]+", lambda x: x[0] if x[0] in words else " \0 ", text)
    found = []
    for item in re.split(PUNCTUATION, text):
        if item == "\0":
            found.append("[bracketed]")
        elif not item or re.fullmatch(r"[-'’‘/‑]+", item):
            continue
        elif item in words:
            found.append(item)
        else:
            parts = [x for x in re.split(r"(?<=\w)[-‑/](?=\w)|(?<=')(?=\w)", item) if x]
            found += parts if words.keys() & set(parts) else [item]
    return found


def duration_of(sound):
    with wave.open(str(sound)) as file:
        assert file.getsampwidth() == 2
        return file.getnframes() / file.getframerate()


def made_up(items, words, seconds, *, one, places):
    """Words and phones in equal shares of the sound, pauses at both ends."""
    rows = []
    for item in items:
        phones = words.get(item, ["spn"])
        if places and phones != ["spn"]:
            marks = "S" if len(phones) == 1 else "B" + "I" * (len(phones) - 2) + "E"
            # MFA takes the wrong numbers here: the phones are where others belong.
            phones = [f"{x}_{mark}" for x, mark in zip(phones, marks, strict=True)]
        known = item in words or item == "[bracketed]"
        rows.append((item if known or not one else "<unk>", phones))
    step = 0.01 * int(100 * seconds / (sum(len(x) for _, x in rows) + 2))
    at = step * (2 if places else 1)
    tiers = {"words": [], "phones": []}
    if one:
        tiers["words"].append([0.0, at, "<eps>"])
        tiers["phones"].append([0.0, at, "sil"])
    for label, phones in rows:
        begin = at
        for phone in phones:
            tiers["phones"].append([at, min(at + step, seconds), phone])
            at += step
        tiers["words"].append([begin, min(at, seconds), label])
    kind = "IntervalTier" if one else "interval"
    return {"start": 0, "end": seconds, "tiers": {key: {"type": kind, "entries": x} for key, x in tiers.items()}}


def write(source, sound, text, target, words, *, one, places):
    seconds = duration_of(sound)
    target.parent.mkdir(parents=True, exist_ok=True)
    if FAULT == "garbage":
        target.write_text("{", encoding="utf-8")
    elif FAULT == "nothing":
        return
    elif source.exists():
        shutil.copy(source, target)
    elif words is not None and not REPLAYS:
        made = made_up(cut(text, words), words, seconds, one=one, places=places)
        target.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")


def align_one():
    sound, text_file, dictionary, acoustic, target = ARGUMENTS[1:6]
    dictionary = model_path("dictionary", dictionary, "DICTIONARY_PATH")
    model = unpack(model_path("acoustic", acoustic, "ACOUSTIC_MODEL_PATH"))
    text = Path(text_file).read_text(encoding="utf-8")
    words = compiled(dictionary, model) if dictionary.is_file() else None
    if FAULT == "beam":
        beam = option("--beam")
        fail(
            f"{TRACEBACK}AlignerError:\n\nCould not align the file with the current beam size ({beam}, please try "
            "increasing the beam size via `--beam X`"
        )
    source = RECORDED / ("_".join(re.findall(r"[^\W_]+", text.lower())) + ".json")
    write(source, Path(sound), text, Path(target), words, one=True, places=positions_of(model))


def align():
    corpus, dictionary, acoustic, target = ARGUMENTS[1:5]
    if corpus.startswith(str(HOME)):
        usage(
            "CORPUS_DIRECTORY",
            "Corpus directories must be outside of MFA's temporary directory to prevent data loss, please move the "
            "corpus directory elsewhere and rerun.",
        )
    dictionary = model_path("dictionary", dictionary, "DICTIONARY_PATH")
    unpack(model_path("acoustic", acoustic, "ACOUSTIC_MODEL_PATH"))
    words = pronunciations_of(dictionary) if dictionary.is_file() else None
    working = HOME / Path(corpus).name
    (working / "split1").mkdir(parents=True, exist_ok=True)
    (working / "split1" / "feats.ark").write_bytes(bytes(1000))
    lost = set(os.environ.get("FAKE_MFA_LOST", "").split())
    say("INFO     Performing first-pass alignment...\n100%|██████████| 1/1 [00:01<00:00,  1.01s/it]")
    sounds = sorted(Path(corpus).rglob("*.wav"))
    if FAULT == "beam" and not lost:
        fail(f"{TRACEBACK}NoAlignmentsError:\n\nThere were no successful alignments for {len(sounds)} utterances.")
    for sound in sounds:
        text = sound.with_suffix(".lab").read_text(encoding="utf-8")
        if FAULT == "beam" and lost & set(text.lower().split()):
            continue
        name = sound.relative_to(corpus).with_suffix(".json")
        write(RECORDED / name, sound, text, Path(target) / name, words, one=False, places=False)
    if (RECORDED / "alignment_analysis.csv").exists() and FAULT != "nothing":
        Path(target).mkdir(parents=True, exist_ok=True)
        shutil.copy(RECORDED / "alignment_analysis.csv", target)
    if "--final_clean" in ARGUMENTS:
        shutil.rmtree(working)


def main():
    HOME.mkdir(parents=True, exist_ok=True)
    texts = []
    if ARGUMENTS[0] == "align_one":
        texts = [Path(ARGUMENTS[2]).read_text(encoding="utf-8").strip()]
    elif ARGUMENTS[0] == "align" and Path(ARGUMENTS[1]).is_dir():
        texts = [x.read_text(encoding="utf-8").strip() for x in sorted(Path(ARGUMENTS[1]).rglob("*.lab"))]
    if "FAKE_MFA_LOG" in os.environ:
        configuration = HOME / "global_config.yaml"
        said = configuration.read_text(encoding="utf-8") if configuration.exists() else ""
        row = {"arguments": ARGUMENTS, "home": str(HOME), "texts": texts, "configuration": said}
        with Path(os.environ["FAKE_MFA_LOG"]).open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")
    if FAULT == "crash":
        fail("\x1b[31m ERROR \x1b[0m   There was an error in the run, please see the log.")
    if FAULT == "hang":
        time.sleep(60)
    if ARGUMENTS == ["version"]:
        say("3.4.3")
    elif ARGUMENTS[0] == "align_one":
        align_one()
    elif ARGUMENTS[0] == "align":
        align()
    else:
        usage("COMMAND", f"No such command '{ARGUMENTS[0]}'.")
    add_to_history(0)
    say("INFO     Done! Everything took 3.0 seconds")


main()
