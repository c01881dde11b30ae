"""Look up the word vectors."""

from pathlib import Path

from emofusion.features.text import write_text_features
from emofusion.frames import read_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        write_text_features(
            read_frame(Path(snakemake.input.selected)),
            Path(snakemake.params.glove),
            Path(snakemake.output.features),
            settings=snakemake.params.text,
            min_coverage=snakemake.params.min_coverage,
        )


if __name__ == "__main__":
    main(snakemake)
