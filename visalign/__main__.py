"""``python -m visalign`` is ``visalign``."""

from visalign.cli import main

if __name__ == "__main__":
    main()
