"""Join the sessions' features of a modality."""

from pathlib import Path

from emofusion.features.store.write import join_shards
from emofusion.frames import read_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        join_shards(
            Path(snakemake.output.features),
            [Path(path) for path in snakemake.input.features],
            list(read_frame(Path(snakemake.input.selected))["utterance_id"]),
        )


if __name__ == "__main__":
    main(snakemake)
