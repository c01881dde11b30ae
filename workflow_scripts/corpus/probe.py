"""Decide which utterances of a session are used."""

from pathlib import Path

from emofusion.corpora.probe import probe
from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        utterances = read_frame(Path(snakemake.input.utterances))
        selected, exclusions = probe(
            utterances, Path(snakemake.params.root), **snakemake.params.probe
        )
        write_frame(selected, snakemake.output.selected)
        write_frame(exclusions, snakemake.output.exclusions)


if __name__ == "__main__":
    main(snakemake)
