"""Set Table 2, for print, for the terminal and for the report."""

from emofusion.joblog import job_log
from emofusion.reporting.files import read_results, write_table
from emofusion.reporting.tables import table2


def main(snakemake):
    with job_log(snakemake.log[0]):
        results = read_results(snakemake.input, **snakemake.params.results)
        write_table(table2(results, **snakemake.params.table), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
