"""Copy the user's own features of a modality into a feature file of the workflow."""

from pathlib import Path

from emofusion.features.store.own import copy_features
from emofusion.frames import read_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        copy_features(
            Path(snakemake.params.file),
            Path(snakemake.output.features),
            list(read_frame(Path(snakemake.input.selected))["utterance_id"]),
        )


if __name__ == "__main__":
    main(snakemake)
