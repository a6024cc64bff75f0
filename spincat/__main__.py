"""The command ``spincat``, also as ``python -m spincat``."""

from spincat.shared import environment


def main() -> None:
    """Run the command line, in surroundings that change no result."""
    environment.prepare()
    from spincat.run.cli import main as command

    command(prog_name="spincat")


if __name__ == "__main__":
    main()
