"""Set a registered table, for print, for the terminal and for the HTML report."""

from emofusion.joblog import job_log
from emofusion.registry import function_of
from emofusion.reporting.files import write_table
from emofusion.reporting.inputs import read_inputs


def main(snakemake):
    with job_log(snakemake.log[0]):
        params = snakemake.params
        table = function_of("TABLES", params.table, params.extensions)
        given = read_inputs(dict(snakemake.input.items()), about=params.results)
        write_table(table(**given, **params.settings), snakemake.output)


if __name__ == "__main__":
    main(snakemake)
