"""Set Table 1, for print, for the terminal and for the report."""

import pandas as pd

from emofusion.joblog import job_log
from emofusion.reporting.files import read_results, write_table
from emofusion.reporting.tables import table1


def main(snakemake):
    with job_log(snakemake.log[0]):
        results = read_results(snakemake.input, **snakemake.params.results)
        comparisons = pd.read_csv(snakemake.input.comparisons)
        write_table(table1(results, comparisons, **snakemake.params.table), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
