"""Compare every pair of models on the same modality set."""

from pathlib import Path

import pandas as pd

from emofusion.corpora.table import read_table
from emofusion.evaluation.comparison import (
    Options,
    clusters_in,
    compare,
    pairs,
    ratios_in,
    read_systems,
    speakers_are_new,
)
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        leakage = pd.read_csv(snakemake.input.leakage)
        paths = map(Path, snakemake.input.predictions)
        systems = read_systems(zip(snakemake.params.runs, paths, strict=True))
        tables = compare(
            pairs(list(systems)),
            systems,
            clusters_in(read_table(Path(snakemake.input.selected))),
            ratios_in(leakage),
            Options(**snakemake.params.statistics),
            new_speakers=speakers_are_new(leakage),
        )
        for table, output in zip(tables, snakemake.output, strict=True):
            with replacing(Path(output)) as path:
                table.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
