"""Draw the confusion matrices, pooled over the runs of a system."""

from pathlib import Path

from emofusion.evaluation.metrics import classes_in, pooled_confusion, read_predictions
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.figures import draw_confusion
from emofusion.reporting.names import system_name


def main(snakemake):
    with job_log(snakemake.log[0]):
        systems = snakemake.params.systems
        tables = [read_predictions(Path(path)) for path in snakemake.input.predictions]
        runs = len(tables) // len(systems)
        matrices = {
            system_name(*system): pooled_confusion(tables[i * runs : (i + 1) * runs])
            for i, system in enumerate(systems)
        }
        with replacing(Path(snakemake.output.figure)) as path:
            draw_confusion(matrices, classes_in(tables[0]), path)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
