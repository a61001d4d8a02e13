"""Write the golden file of every exporter anew: ``python tests/exports/write_goldens.py``. Look at the difference."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def main() -> None:
    sys.path[:0] = [str(TESTS), str(TESTS / "exports")]
    from plain_curves import plain_curves
    from sample_utterance import CHECKED

    from visalign.exports import EXPORTERS, channels, load_exporter, write_export

    channels.weight_curves = plain_curves
    for name in EXPORTERS:
        write_export(TESTS / "goldens" / f"{name}{load_exporter(name).suffix}", CHECKED, name)


if __name__ == "__main__":
    main()
