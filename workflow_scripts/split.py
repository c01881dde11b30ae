"""Divide the utterances of one fold into training, development and test."""

from pathlib import Path

from emofusion.corpora.table import read_table
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.splits import split


def main(snakemake):
    with job_log(snakemake.log[0]):
        table = split(
            read_table(Path(snakemake.input.utterances)),
            read_table(Path(snakemake.input.selected)),
            int(snakemake.wildcards.fold),
            **snakemake.params.split,
        )
        with replacing(Path(snakemake.output.split)) as path:
            table.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
