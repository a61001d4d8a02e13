"""Speech of a made voice in a folder a speaker, with texts beside it."""

from __future__ import annotations

from pathlib import Path

from visalign.face.generated_clip import synthesise_speech
from visalign.media.clips import write_wav

SENTENCES = (
    "bin blue at f two now",
    "lay green by x nine soon",
    "place white in z four please",
    "set red with k seven again",
    "bin green in p six soon",
    "lay white at o three now",
)


def make_english(folder: Path, n: int = len(SENTENCES)) -> Path:
    """Sentences of two speakers."""
    for number, text in enumerate(SENTENCES[:n]):
        path = folder / ("ana" if number % 2 else "ben") / f"s{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, synthesise_speech(text, seed=number % 2).audio)
        path.with_suffix(".txt").write_text(text, encoding="utf-8")
    return folder
