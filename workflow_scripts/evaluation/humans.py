"""Say what one annotator reaches against the others, and how far annotators agree."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.humans import humans
from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        ratings = read_frame(Path(snakemake.input.ratings))
        splits = [pd.read_csv(path) for path in snakemake.input.splits]
        table = humans(ratings, splits, snakemake.params.labels)
        write_frame(table, snakemake.output.humans)


if __name__ == "__main__":
    main(snakemake)
