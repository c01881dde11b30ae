"""Set the table of equivalence."""

import pandas as pd

from emofusion.evaluation.verdicts import read_verdicts
from emofusion.joblog import job_log
from emofusion.reporting.evidence import equivalence_table
from emofusion.reporting.files import read_results, write_table


def main(snakemake):
    with job_log(snakemake.log[0]):
        results = read_results(snakemake.input, **snakemake.params.results)
        verdicts = read_verdicts(snakemake.input.verdicts)
        comparisons = pd.read_csv(snakemake.input.comparisons)
        write_table(
            equivalence_table(results, verdicts, comparisons, **snakemake.params.table),
            snakemake.output,
        )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
