"""``python -m primum``."""

from primum.cli.main import main

if __name__ == "__main__":
    main()
