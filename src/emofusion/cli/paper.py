"""A folder for an article."""

from pathlib import Path
from typing import Annotated

import typer

from emofusion.cli.given import ResultsFolder, results_folder


def paper(
    results: ResultsFolder = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("paper"),
    models: Annotated[
        str, typer.Option(help="Models of the figures and sentences, with commas between.")
    ] = "self,cross",
) -> None:
    """Write tables, figures and sentences for an article.

    Example: emofusion paper --out article --models self,cross,mean
    """
    from emofusion.reporting.paper import write_paper

    for path in write_paper(results_folder(results), out, models.split(",")):
        print(path)
