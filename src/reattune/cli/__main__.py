"""`python -m reattune.cli`."""

from reattune.cli import main

if __name__ == "__main__":
    main()
