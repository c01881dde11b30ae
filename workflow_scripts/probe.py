"""Decide which utterances of a session are used."""

from pathlib import Path

from emofusion.corpora.probe import probe
from emofusion.corpora.table import read_table
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        selected, exclusions = probe(
            read_table(Path(snakemake.input.utterances)),
            Path(snakemake.params.root),
            **snakemake.params.probe,
        )
        with replacing(Path(snakemake.output.selected)) as path:
            selected.to_csv(path, index=False)
        with replacing(Path(snakemake.output.exclusions)) as path:
            exclusions.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
