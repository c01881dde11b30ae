"""Say what the majority class and the lengths of the sequences reach."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.floors import floors, read_lengths
from emofusion.frames import write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        params = snakemake.params
        lengths = read_lengths(map(Path, snakemake.input.features), params.lengths)
        tables = (pd.read_csv(path) for path in snakemake.input.splits)
        splits = dict(zip(params.folds, tables, strict=True))
        write_frame(floors(splits, lengths, params.modality_sets), snakemake.output.floors)


if __name__ == "__main__":
    main(snakemake)
