"""``python -m visalign`` is ``visalign``, and both begin here.

Loading takes a while, and somebody may change his mind. Until that is loaded which tells of it, Ctrl-C ends the process
as it ends one that knows nothing of signals; Python would show the line that it was loading.
"""

from __future__ import annotations

import signal
import sys
import warnings

__all__ = ["run"]


def run() -> None:
    """Run the command line."""
    began = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if began:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries have to say to those who program with them
    # Only now.
    from visalign.cli import main

    if began:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


if __name__ == "__main__":
    run()
