"""What one can do next, given what is there."""

from pathlib import Path

import typer

NOTHING_MADE = """Nothing has been made here yet. To see everything in minutes, without IEMOCAP:

  make demo

With your data (docs/data.md):

  snakemake --cores 8 --resources gpu=2 --config corpus=FOLDER glove=FILE
"""

BEGUN = """{results}: runs have begun, no table has been made. Their state:

  emofusion status [the files given to snakemake with --configfile]
"""

NEXT = """{results}: {finished:,} finished runs{unfinished}. For example:

{commands}
"""


def welcome(context: typer.Context) -> None:
    """Look at results and use trained runs. The workflow itself is run by snakemake."""
    if context.invoked_subcommand:
        return
    from emofusion.cli.given import configuration
    from emofusion.reporting.trace import results_near

    configured = Path(str(configuration().get("results", "results")))
    folders = results_near(configured)
    for results in folders:
        print(NEXT.format(**_about(results)))
    if not folders:
        runs = (configured / "runs", *configured.glob("*/runs"))
        begun = next((path.parent for path in runs if path.is_dir()), None)
        print(BEGUN.format(results=begun) if begun else NOTHING_MADE)
    print("All commands: emofusion --help")


def _about(results: Path) -> dict[str, object]:
    """Facts about a results folder, and what can be done with it."""
    import csv

    with (results / "metrics/runs.csv").open(newline="", encoding="utf-8") as file:
        runs = list(csv.DictReader(file))
    started = len(list(results.glob("runs/*/*/*/config.yaml")))
    named = f" --results {results}"
    systems = list(dict.fromkeys((run["model"], run["modalities"]) for run in runs))
    widest = max((modalities for _, modalities in systems), key=len, default="tva")
    commands = {
        f"emofusion explore{named}": "the answer, every system, every utterance",
        f"emofusion best{named}": "the best systems, and those that tests cannot separate",
        f"emofusion trace table1 {systems[0][0]} {widest}{named}": "from a cell to its runs",
        f"emofusion paper{named}": "tables, figures and sentences for an article",
    }
    width = max(map(len, commands))
    return {
        "results": results,
        "finished": len(runs),
        "unfinished": f", {started - len(runs)} not in the tables" if started > len(runs) else "",
        "commands": "\n".join(f"  {text:{width}}  # {why}" for text, why in commands.items()),
    }
