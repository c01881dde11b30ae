"""Draw a registered figure, for print and for the HTML report."""

from emofusion.joblog import job_log
from emofusion.registry import function_of
from emofusion.reporting.figures.style import save
from emofusion.reporting.inputs import read_inputs


def main(snakemake):
    with job_log(snakemake.log[0]):
        params = snakemake.params
        figure = function_of("FIGURES", params.figure, params.extensions)
        given = read_inputs(dict(snakemake.input.items()), runs=params.runs)
        save(figure(**given, **params.settings), snakemake.output)


if __name__ == "__main__":
    main(snakemake)
