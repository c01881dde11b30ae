"""Say what training shares with the partitions that it is judged on."""

from pathlib import Path

import pandas as pd

from emofusion.corpora.table import read_table
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.leakage import class_counts, leakage


def main(snakemake):
    with job_log(snakemake.log[0]):
        tables = (pd.read_csv(path) for path in snakemake.input.splits)
        splits = dict(zip(snakemake.params.folds, tables, strict=True))
        selected = read_table(Path(snakemake.input.selected))
        with replacing(Path(snakemake.output.leakage)) as path:
            leakage(splits, selected).to_csv(path, index=False, float_format="%.4f")
        with replacing(Path(snakemake.output.classes)) as path:
            class_counts(splits).to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
