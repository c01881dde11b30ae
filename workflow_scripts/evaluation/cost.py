"""Measure what every system costs."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.cost import costs
from emofusion.features.store.read import RaggedStore
from emofusion.frames import write_frame
from emofusion.joblog import job_log
from emofusion.runs import read_record


def main(snakemake):
    with job_log(snakemake.log[0]):
        runs = pd.read_csv(snakemake.input.runs, dtype={"modalities": str})
        records = [read_record(Path(path).parent) for path in snakemake.input.records]
        stores = {path.stem: RaggedStore(path) for path in map(Path, snakemake.input.features)}
        table = costs(runs, records, stores, snakemake.params.model_files)
        write_frame(table, snakemake.output.cost, float_format="%.3g")


if __name__ == "__main__":
    main(snakemake)
