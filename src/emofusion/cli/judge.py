"""Compare any two systems, from their predictions."""

from pathlib import Path
from typing import Annotated

import typer

from emofusion.cli.given import configuration
from emofusion.errors import DataError

PREDICTIONS_HELP = "CSV with fold, seed, utterance_id, label, predicted, or a folder of runs."


def judge(
    a: Annotated[Path, typer.Argument(metavar="A", help=PREDICTIONS_HELP)],
    b: Annotated[Path, typer.Argument(metavar="B", help=PREDICTIONS_HELP)],
    ratio: Annotated[
        float | None,
        typer.Option(
            help="Number of test utterances of a fold divided by that of its training utterances; "
            "default: from the split tables of our runs, else 1 / (folds - 1)."
        ),
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(help="YAML file; its section statistics overrides that of config.yaml."),
    ] = None,
) -> None:
    """Compare any two systems.

    Each system is given by its predictions of each utterance, which may come from any program.

    Example: emofusion judge results/demo/runs/self/tva mine.csv
    """
    from emofusion.config.loading import merge, read_statistics, read_yaml
    from emofusion.evaluation.judge import judge

    if settings and not settings.is_file():
        raise DataError(
            f"{settings}: no such file; --settings expects a YAML file with the section statistics"
        )
    common = configuration()
    own = read_yaml(settings) if settings else common
    raw = merge([common, own]) if "statistics" in own else own
    statistics = read_statistics(raw, settings or Path("config.yaml"))
    print(judge(a, b, statistics, ratio))
