"""The command line as ``python -m spincat``."""

from spincat.run.cli import main

if __name__ == "__main__":
    main(prog_name="spincat")
