"""Draw the differences between models."""

import pandas as pd

from emofusion.evaluation.verdicts import read_verdicts
from emofusion.joblog import job_log
from emofusion.reporting.figures.forest import draw_forest
from emofusion.reporting.figures.style import save


def main(snakemake):
    with job_log(snakemake.log[0]):
        verdicts = read_verdicts(snakemake.input.verdicts)
        comparisons = pd.read_csv(snakemake.input.comparisons)
        save(draw_forest(verdicts, comparisons), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
