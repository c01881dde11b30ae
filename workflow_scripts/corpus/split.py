"""Divide the utterances of one fold into training, development and test."""

from pathlib import Path

from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log
from emofusion.splits import split


def main(snakemake):
    with job_log(snakemake.log[0]):
        table = split(
            read_frame(Path(snakemake.input.utterances)),
            read_frame(Path(snakemake.input.selected)),
            int(snakemake.wildcards.fold),
            **snakemake.params.split,
            files=snakemake.params.extensions,
        )
        write_frame(table, snakemake.output.split)


if __name__ == "__main__":
    main(snakemake)
