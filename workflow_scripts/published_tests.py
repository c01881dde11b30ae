"""Set the paper's own tests."""

import pandas as pd

from emofusion.joblog import job_log
from emofusion.reporting.evidence import published_table
from emofusion.reporting.files import write_table


def main(snakemake):
    with job_log(snakemake.log[0]):
        published = pd.read_csv(snakemake.input.published)
        write_table(published_table(published, **snakemake.params.table), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
