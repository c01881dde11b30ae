"""Count the external annotators' votes for each class."""

from pathlib import Path

from emofusion.corpora.ratings import count_votes
from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        ratings = read_frame(Path(snakemake.input.ratings))
        write_frame(count_votes(ratings, snakemake.params.labels), snakemake.output.votes)


if __name__ == "__main__":
    main(snakemake)
