"""What a person needs between runs: python -m emofusion <command>."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from emofusion.errors import DataError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m emofusion", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser(
        "confirm-folds",
        help="compare the prepared folds with the published split as it is replayed on the release",
    )
    command.add_argument("release", type=Path, help="folder IEMOCAP_full_release")
    command.add_argument("folds", type=Path, help="folder seven_category_120")
    command.add_argument(
        "--class-order", nargs="+", help="labels by class number, where the counts do not tell"
    )
    command.set_defaults(run=_confirm_folds)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return given.run(given)
    except DataError as error:
        print(f"emofusion: {error}", file=sys.stderr)
        return 2


def _confirm_folds(given: argparse.Namespace) -> int:
    """0 if every partition agrees, 1 if not."""
    from emofusion.corpora.iemocap import read_release
    from emofusion.corpora.yoon import IEMOCAP_COUNTS, confirm, read_folds, verdict
    from emofusion.splits import published_split

    release = read_release(given.release)
    chosen = release[release["label"].isin(given.class_order or list(IEMOCAP_COUNTS))]
    utterances, folds = read_folds(given.folds, class_order=given.class_order)
    table = confirm(
        utterances,
        folds,
        list(chosen["label"]),
        published_split,
        release_frames=100 * (chosen["end"] - chosen["start"]),
    )
    print(table.to_string(index=False))
    print(verdict(table))
    return 0 if table["confirmed"].all() else 1


if __name__ == "__main__":
    sys.exit(main())
