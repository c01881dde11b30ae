"""Draw the confusion matrices: of one run as in the paper, and pooled over all."""

from pathlib import Path

from emofusion.evaluation.metrics import classes_in, pooled_confusion, read_predictions
from emofusion.joblog import job_log
from emofusion.reporting.figures.confusion import draw_confusion
from emofusion.reporting.figures.style import save
from emofusion.reporting.names import system_name


def main(snakemake):
    with job_log(snakemake.log[0]):
        systems = {}
        for run, path in zip(snakemake.params.runs, snakemake.input.predictions, strict=True):
            name = system_name(run["model"], run["modalities"])
            key = f"fold {run['fold']}, seed {run['seed']}"
            systems.setdefault(name, {})[key] = read_predictions(Path(path))
        every = list(systems.values())
        shared = [key for key in every[0] if all(key in tables for tables in every)]
        matrices = {
            first: {name: pooled_confusion([tables[first]]) for name, tables in systems.items()}
            for first in shared[:1]
        }
        matrices["all runs"] = {
            name: pooled_confusion(tables.values()) for name, tables in systems.items()
        }
        labels = classes_in(next(iter(every[0].values())))
        save(draw_confusion(matrices, labels), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
