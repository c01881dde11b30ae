"""Join the sessions' tables, and check counts and class sizes, which concern all of them."""

from pathlib import Path

import pandas as pd

from emofusion.corpora.iemocap.known import check_counts
from emofusion.corpora.probe import leave_out_small_classes
from emofusion.frames import read_frame, write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        names = ("utterances", "selected", "exclusions")
        utterances, selected, exclusions = (
            pd.concat([read_frame(Path(path)) for path in snakemake.input[name]], ignore_index=True)
            for name in names
        )
        if snakemake.params.full_release:
            check_counts(utterances)
        selected, exclusions = leave_out_small_classes(
            utterances, selected, exclusions, **snakemake.params.classes
        )
        for name, table in zip(names, (utterances, selected, exclusions), strict=True):
            write_frame(table, snakemake.output[name])


if __name__ == "__main__":
    main(snakemake)
