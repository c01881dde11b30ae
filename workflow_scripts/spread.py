"""Draw the distribution of the printed metrics over folds and seeds."""

import pandas as pd

from emofusion.joblog import job_log
from emofusion.reporting.figures.spread import draw_spread
from emofusion.reporting.figures.style import save


def main(snakemake):
    with job_log(snakemake.log[0]):
        runs = pd.read_csv(snakemake.input.runs)
        save(draw_spread(runs, snakemake.params.systems), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
