"""From a table's cell to its runs."""

from dataclasses import asdict
from typing import Annotated

import typer

from emofusion.cli.columns import print_columns, print_json
from emofusion.cli.given import Json, ResultsFolder, results_folder


def trace(
    table: Annotated[str, typer.Argument(help="table1 or table2.")],
    model: Annotated[str, typer.Argument(help="For example self, or as printed: Self-noSP.")],
    modalities: Annotated[str, typer.Argument(help="For example tva, or as printed: T+V+A.")],
    results: ResultsFolder = None,
    as_json: Json = False,
) -> None:
    """Go from a table's cell to its runs.

    Example: emofusion trace table1 self tva
    """
    from emofusion.reporting.trace import RUN_COLUMNS, trace

    found = trace(results_folder(results), table, model, modalities)
    if as_json:
        print_json(asdict(found))
        return
    print(f"{found.title}\n")
    print_columns(("printed", "metric", "cell"), found.cell)
    print(f"{found.remark}\n" if found.remark else "")
    print_columns(RUN_COLUMNS, found.runs)
    print("\nAll these runs share")
    print_columns(("what", "value"), found.shared)
    print("\nThey differ in" if found.differing else "\nThey differ in nothing but fold and seed")
    for aspect, values in found.differing.items():
        for value, runs in values.items():
            print(f"  {aspect}: {value} ({', '.join(runs)})")
