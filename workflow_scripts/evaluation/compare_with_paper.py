"""Compare our numbers with the paper's."""

import pandas as pd

from emofusion.evaluation.published import reproduction
from emofusion.frames import write_frame
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        summary = pd.read_csv(snakemake.input.summary)
        table = reproduction(summary, **snakemake.params.reproduction)
        write_frame(table, snakemake.output.reproduction)


if __name__ == "__main__":
    main(snakemake)
