"""Test the paper's printed numbers, and set ours beside them."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.published import published_tests, reproduction
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        alpha = snakemake.params.alpha
        summary = pd.read_csv(snakemake.input.summary)
        with replacing(Path(snakemake.output.published)) as path:
            published_tests(alpha).to_csv(path, index=False)
        with replacing(Path(snakemake.output.reproduction)) as path:
            reproduction(summary, alpha).to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
