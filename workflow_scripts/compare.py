"""Compare the models by the paper's t-test."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.significance import published_t_test
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        comparisons = published_t_test(pd.read_csv(snakemake.input.runs))
        with replacing(Path(snakemake.output.comparisons)) as path:
            comparisons.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
