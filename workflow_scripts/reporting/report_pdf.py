"""Compile the report; a warning of LaTeX fails the job."""

from pathlib import Path

from emofusion.joblog import job_log
from emofusion.reporting.latex import compile_pdf


def main(snakemake):
    with job_log(snakemake.log[0]):
        compile_pdf(Path(snakemake.input.tex), Path(snakemake.output.pdf), Path(snakemake.log.tex))


if __name__ == "__main__":
    main(snakemake)
