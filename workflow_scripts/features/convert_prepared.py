"""Convert one modality of the prepared folds to a feature file."""

from pathlib import Path

from emofusion.corpora.prepared.features import write_features
from emofusion.frames import read_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        write_features(
            read_frame(Path(snakemake.input.selected)),
            Path(snakemake.params.root),
            snakemake.wildcards.modality,
            Path(snakemake.output.features),
        )


if __name__ == "__main__":
    main(snakemake)
