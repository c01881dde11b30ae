"""Set our numbers beside the paper's."""

from pathlib import Path

import pandas as pd

from emofusion.evaluation.published import reproduction
from emofusion.files import replacing
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        summary = pd.read_csv(snakemake.input.summary)
        with replacing(Path(snakemake.output.reproduction)) as path:
            table = reproduction(summary, **snakemake.params.reproduction)
            table.to_csv(path, index=False)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
