"""Say what the majority class and the lengths of the sequences reach."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.floors import floors
from emofusion.features.store.read import RaggedStore
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        lengths = {}
        for path in map(Path, snakemake.input.features):
            store = RaggedStore(path)
            limit = snakemake.params.lengths[path.stem] or store.attributes.get("max_length")
            lengths[path.stem] = pd.Series(store.lengths, store.ids).clip(upper=limit)
        tables = (pd.read_csv(path) for path in snakemake.input.splits)
        splits = dict(zip(snakemake.params.folds, tables, strict=True))
        table = floors(splits, pd.DataFrame(lengths), snakemake.params.modality_sets)
        with replacing(Path(snakemake.output.floors)) as path:
            table.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
