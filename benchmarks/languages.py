"""Starts of phones in languages without an acoustic model of their own, against a made voice that knows them.

    python benchmarks/languages.py [--json OUT.json] [--toml] [--languages de ja …]

eSpeak NG says three sentences of each language, each in a voice of its own (pitch and tempo differ), and tells when
every phone starts (:mod:`visalign.face.generated_speech`). The text is aligned with the sound alone; phones are matched
in their order where both name them alike, and the difference of their starts is counted. The voice is also who
pronounces the words, so that this measures how well phones of a language are placed in time by an English model, and
not how well words are pronounced; recorded speech is harder. ``--toml`` prints what
``lexicons/languages-measured.toml`` holds.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path

import numpy as np

import visalign
from visalign.errors import VisalignError
from visalign.face.generated_speech import synthesise_speech
from visalign.language.languages import chosen_language
from visalign.language.phones import is_silence, normalise

# Written for this table. Each has lips that close, and vowels that the lips round.
SENTENCES = {
    "de": (
        "Mein Bruder möchte fünf blaue Pflaumen kaufen",
        "Bitte bringen Sie morgen früh Ihre Bücher mit",
        "Über dem Fluss schwebt ein bunter Ballon",
    ),
    "fr": (
        "Mon père achète un beau bateau bleu",
        "Peux-tu fermer la porte de la chambre",
        "Le boulanger vend du pain et des pommes",
    ),
    "es": (
        "Mi papá bebe un vaso de vino blanco",
        "La paloma vuela sobre el pueblo viejo",
        "Mañana compramos pan y manzanas en el mercado",
    ),
    "it": (
        "Mio padre beve un bicchiere di vino",
        "La bambina mangia una mela sotto il ponte",
        "Domani compriamo il pane e le pere",
    ),
    "pt": (
        "Minha mãe compra pão e bananas",
        "O menino bebe um copo de água fria",
        "Amanhã vamos passear pela praia",
    ),
    "nl": (
        "Mijn vader koopt een blauwe boot",
        "De buurman bouwt een muur om zijn tuin",
        "Morgen wandelen wij naar het oude dorp",
    ),
    "ru": (
        "Мама купила белый хлеб и молоко",
        "Бабушка поёт весёлую песню",
        "Мой брат живёт в большом городе",
    ),
    "pl": (
        "Mama kupiła chleb i pomidory",
        "Babcia śpiewa piękną piosenkę",
        "Mój brat mieszka w dużym mieście",
    ),
    "cs": (
        "Maminka koupila chleba a mléko",
        "Můj bratr bydlí ve velkém městě",
        "Babička zpívá pěknou písničku",
    ),
    "tr": (
        "Babam pazardan elma ve portakal aldı",
        "Küçük köpek bahçede uyuyor",
        "Yarın büyük bir gemi gelecek",
    ),
    "ar": (
        "أُمِّي تَشْرَبُ كُوبًا مِنَ الْمَاءِ",
        "الْوَلَدُ يَقْرَأُ كِتَابًا جَدِيدًا",
        "ذَهَبَ أَبِي إِلَى الْبَيْتِ",
    ),
    "he": (
        "אמא קונה לחם וחלב",
        "הילד קורא ספר חדש",
        "אבא שותה מים בבית",
    ),
    "hi": (
        "मेरा भाई पानी पीता है",
        "माँ बाज़ार से फल लाती है",
        "बच्चा किताब पढ़ रहा है",
    ),
    "ja": (
        "あさごはんに パンと たまごを たべました",
        "さんぽに いきましょう",
        "あかい ぼうしを かぶった こども",
    ),
    "ko": (
        "엄마가 빵과 우유를 샀어요",
        "아버지는 물을 마십니다",
        "내일 바다에 갑시다",
    ),
    "cmn": (
        "我爸爸买了面包",
        "明天我们去北京",
        "妈妈喝一杯水",
    ),
    "fi": (
        "Äiti ostaa leipää ja maitoa",
        "Poika pelaa palloa pihalla",
        "Huomenna menemme uimaan merelle",
    ),
    "sw": (
        "Mama ananunua mkate na maziwa",
        "Baba anakunywa maji baridi",
        "Mtoto anasoma kitabu kipya",
    ),
}


def misses(language: str) -> tuple[np.ndarray, int, int]:
    """Differences of starts in seconds, phones that were said, sentences that failed."""
    found: list[float] = []
    n_said = n_failed = 0
    for seed, text in enumerate(SENTENCES[language]):
        try:
            said = synthesise_speech(text, seed=seed, language=language)
            true = [x for x in said.phones if not is_silence(x.label)]
            n_said += len(true)
            placed = visalign.force_align(said.audio, text, language=language).phones
        except VisalignError as error:
            print(f"{language}: {text}: {error}", file=sys.stderr)
            n_failed += 1
            continue
        heard = [x for x in placed if not is_silence(x.label)]
        names = [[normalise(x.label, "ipa") for x in rows] for rows in (true, heard)]
        for a, b, n in difflib.SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
            found += [heard[b + k].start - true[a + k].start for k in range(n)]
    return np.abs(np.array(found)), n_said, n_failed


def measured(language: str) -> dict[str, object]:
    """One row of the table."""
    off, n_said, n_failed = misses(language)
    return {
        "n_phones": len(off),
        "n_said": n_said,
        "n_failed": n_failed,
        "median_ms": round(1000 * float(np.median(off)), 1),
        "within_20_ms": round(float(np.mean(off <= 0.02)), 3),
        "within_50_ms": round(float(np.mean(off <= 0.05)), 3),
        "within_100_ms": round(float(np.mean(off <= 0.1)), 3),
    }


def main() -> None:
    """Measure, and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--json", type=Path)
    options.add_argument("--toml", action="store_true")
    options.add_argument("--languages", nargs="*", default=list(SENTENCES))
    given = options.parse_args()
    rows = {}
    for language in given.languages:
        rows[language] = measured(language)
        print(language, rows[language], file=sys.stderr, flush=True)
    print("| language | phones matched | median | ≤ 20 ms | ≤ 50 ms | ≤ 100 ms |\n|---|--:|--:|--:|--:|--:|")
    for code, x in rows.items():
        parts = " | ".join(
            f"{100 * float(str(x[key])):.1f} %" for key in ("within_20_ms", "within_50_ms", "within_100_ms")
        )
        print(
            f"| {chosen_language(code).name} (`{code}`) | {x['n_phones']} of {x['n_said']} | {x['median_ms']} ms "
            f"| {parts} |"
        )
    if given.toml:
        for code, x in rows.items():
            print(f'\n[{code}]\nagainst = "the made voice of the language"')
            print("\n".join(f"{key} = {x[key]}" for key in ("n_phones", "median_ms", "within_20_ms", "within_50_ms")))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
