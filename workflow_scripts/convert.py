"""Convert one modality of the prepared folds to a feature file."""

from pathlib import Path

from emofusion.corpora.table import read_table
from emofusion.corpora.yoon import write_features
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        write_features(
            read_table(Path(snakemake.input.selected)),
            Path(snakemake.params.root),
            snakemake.wildcards.modality,
            Path(snakemake.output.features),
        )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
