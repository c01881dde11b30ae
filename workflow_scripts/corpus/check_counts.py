"""Compare the release's counts and lengths with the known ones."""

import logging
from pathlib import Path

from emofusion.corpora.iemocap.checking import compare_release
from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        params = snakemake.params
        utterances = read_frame(Path(snakemake.input.utterances))
        table = compare_release(utterances, params.glove, params.width, params.framing)
        logging.info("\n%s", table.to_string(index=False))
        write_frame(table, snakemake.output.expected_counts)


if __name__ == "__main__":
    main(snakemake)
