"""All commands, and what `emofusion` says without one."""

import logging
import sys
from collections.abc import Iterator, Sequence

import typer

from emofusion.cli.best import best
from emofusion.cli.check_config import check_config
from emofusion.cli.check_corpus import check_corpus
from emofusion.cli.confirm_folds import confirm_folds
from emofusion.cli.errors import errors
from emofusion.cli.explore import explore
from emofusion.cli.judge import judge
from emofusion.cli.models import models
from emofusion.cli.paper import paper
from emofusion.cli.predict import predict
from emofusion.cli.status import status
from emofusion.cli.table_template import table_template
from emofusion.cli.trace import trace
from emofusion.cli.welcome import welcome
from emofusion.errors import DataError

SEVERAL = ("--config", "--model-files", "--class-order")
"""Options that take all values behind them, as those of Snakemake do."""

app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.callback(invoke_without_command=True)(welcome)
for command in (
    status,
    explore,
    trace,
    errors,
    best,
    judge,
    paper,
    predict,
    models,
    check_config,
    check_corpus,
    table_template,
    confirm_folds,
):
    app.command()(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it logs every glyph of a figure
    try:
        app(args=list(one_by_one(given)), prog_name="emofusion")
    except SystemExit as end:
        return int(end.code or 0)
    except DataError as error:
        print(f"emofusion: {error}", file=sys.stderr)
        return 2
    return 0


def one_by_one(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments with the option repeated before each value: `--config a=1 b=2`."""
    option = ""
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if argument.startswith("-"):
            option = argument if argument in SEVERAL else ""
        elif option and before != option:
            yield option
        yield argument
