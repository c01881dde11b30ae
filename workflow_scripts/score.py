"""Score every run on its test partition."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.metrics import RUN_KEYS, score_runs, summarise
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        folders = [Path(path).parent for path in snakemake.input.predictions]
        runs = score_runs(list(zip(snakemake.params.runs, folders, strict=True)))
        with replacing(Path(snakemake.output.runs)) as path:
            runs.to_csv(path, index=False)
        with replacing(Path(snakemake.output.summary)) as path:
            summarise(runs).to_csv(path, index=False)
        with replacing(Path(snakemake.output.missing)) as path:
            pd.DataFrame(snakemake.params.missing, columns=RUN_KEYS).to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
