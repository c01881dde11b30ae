"""Where two systems disagree."""

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from emofusion.cli.columns import print_columns, print_json
from emofusion.cli.given import Json, ResultsFolder, results_folder

SHOWN = 20


def errors(
    a: Annotated[str, typer.Argument(metavar="A", help="A system as model/modalities.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    results: ResultsFolder = None,
    csv: Annotated[Path | None, typer.Option(help="File to write all of them to.")] = None,
    as_json: Json = False,
) -> None:
    """List what one system gets right and another wrong.

    Example: emofusion errors self/tva cross/tva --csv disagreements.csv
    """
    from emofusion.evaluation.disagreement import disagreement
    from emofusion.files import replacing

    table = disagreement(results_folder(results), a, b)
    if csv:
        with replacing(csv) as path:
            table.to_csv(path, index=False)
    if as_json:
        print_json(table.to_dict("records"))
        return
    right = (table["right_a"] > table["right_b"]).sum()
    print(f"A = {a}, B = {b}: {right} utterances right in A only, ", end="")
    print(f"{len(table) - right} in B only (right: in more than half of its runs)")
    shown = table.head(SHOWN)
    rows = [
        (
            row.utterance_id,
            row.label,
            f"{row.right_a:.0%} of {row.runs_a}",
            f"{row.right_b:.0%} of {row.runs_b}",
            f"{row.p_a:.2f}",
            f"{row.p_b:.2f}",
            textwrap.shorten(row.transcript, 40, placeholder=" …"),
        )
        for row in shown.itertuples()
    ]
    if rows:
        print()
        head = ("utterance", "label", "right in A", "right in B", "p A", "p B", "transcript")
        print_columns(head, rows)
        print("\np: mean probability of the true class")
    if len(table) > len(shown):
        print(f"{len(table) - len(shown)} more; --csv FILE writes all of them")
