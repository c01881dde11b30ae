"""Test the paper's printed numbers."""

from emofusion.evaluation.published import published_tests
from emofusion.frames import write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        write_frame(published_tests(snakemake.params.alpha), snakemake.output.published)


if __name__ == "__main__":
    main(snakemake)
