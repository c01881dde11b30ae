"""Extract prosodic functionals of a session."""

from pathlib import Path

from emofusion.corpora.table import read_table
from emofusion.features.prosody import extract_prosody
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        extract_prosody(
            read_table(Path(snakemake.input.selected)),
            Path(snakemake.params.root),
            Path(snakemake.output.features),
        )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
