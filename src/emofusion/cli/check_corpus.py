"""What a table of utterances holds."""

from pathlib import Path
from typing import Annotated

import typer


def check_corpus(
    table: Annotated[Path, typer.Argument(help="CSV file with one row per utterance.")],
) -> None:
    """Check your corpus's table and its files, and print what was understood.

    Example: emofusion check-corpus corpus.csv
    """
    from emofusion.corpora.table.check import check

    print("\n\n".join(check(table)))
