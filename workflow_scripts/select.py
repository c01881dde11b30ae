"""Join the sessions' tables, and check counts and class sizes, which concern all of them."""

from pathlib import Path

import pandas as pd

from emofusion.corpora.golden import check_counts
from emofusion.corpora.probe import leave_out_small_classes
from emofusion.corpora.table import read_table
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        utterances, selected, exclusions = (
            pd.concat([read_table(Path(path)) for path in paths], ignore_index=True)
            for paths in (
                snakemake.input.utterances,
                snakemake.input.selected,
                snakemake.input.exclusions,
            )
        )
        if snakemake.params.full_release:
            check_counts(utterances)
        selected, exclusions = leave_out_small_classes(
            utterances, selected, exclusions, **snakemake.params.classes
        )
        tables = {"utterances": utterances, "selected": selected, "exclusions": exclusions}
        for name, table in tables.items():
            with replacing(Path(snakemake.output[name])) as path:
                table.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
