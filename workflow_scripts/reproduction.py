"""Set the paper's numbers beside ours."""

import pandas as pd

from emofusion.joblog import job_log
from emofusion.reporting.evidence import reproduction_table
from emofusion.reporting.files import read_results, write_table


def main(snakemake):
    with job_log(snakemake.log[0]):
        results = read_results(snakemake.input, **snakemake.params.results)
        reproduction = pd.read_csv(snakemake.input.reproduction)
        table = reproduction_table(results, reproduction, **snakemake.params.table)
        write_table(table, snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
