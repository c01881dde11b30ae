"""Score every run on its test partition."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.metrics import score_runs, summarise
from emofusion.frames import write_frame
from emofusion.joblog import job_log
from emofusion.runs import RUN_KEYS


def main(snakemake):
    with job_log(snakemake.log[0]):
        files = snakemake.params.extensions
        folders = [Path(path).parent for path in snakemake.input.predictions]
        runs = score_runs(list(zip(snakemake.params.runs, folders, strict=True)), files)
        write_frame(runs, snakemake.output.runs)
        write_frame(summarise(runs, files), snakemake.output.summary)
        missing = pd.DataFrame(snakemake.params.missing, columns=RUN_KEYS)
        write_frame(missing, snakemake.output.missing)


if __name__ == "__main__":
    main(snakemake)
