"""Look up the word vectors."""

from pathlib import Path

from emofusion.features.text import extract_text
from emofusion.frames import read_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        extract_text(
            read_frame(Path(snakemake.input.selected)),
            Path(snakemake.params.glove),
            Path(snakemake.output.features),
            settings=snakemake.params.text,
            min_coverage=snakemake.params.min_coverage,
        )


if __name__ == "__main__":
    main(snakemake)
