"""Test the paper's printed numbers."""

from pathlib import Path

from emofusion.evaluation.published import published_tests
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]), replacing(Path(snakemake.output.published)) as path:
        published_tests(snakemake.params.alpha).to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
