"""Draw the recall of each class."""

import pandas as pd

from emofusion.joblog import job_log
from emofusion.reporting.figures.classes import draw_classes
from emofusion.reporting.figures.style import save


def main(snakemake):
    with job_log(snakemake.log[0]):
        runs = pd.read_csv(snakemake.input.runs)
        splits = pd.concat([pd.read_csv(path) for path in snakemake.input.splits])
        counts = splits.loc[splits["partition"] == "test", "label"].value_counts()
        chosen = snakemake.params.figure
        labels = [label for label in chosen["labels"] if f"recall_{label}" in runs]
        figure = draw_classes(runs, chosen["models"], chosen["modalities"], labels, counts)
        save(figure, snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
