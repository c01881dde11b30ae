"""Set Table 2, for print and for the terminal."""

from pathlib import Path

import pandas as pd

from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.tables import table2


def main(snakemake):
    with job_log(snakemake.log[0]):
        summary = pd.read_csv(snakemake.input.summary)
        for name, text in table2(summary, **snakemake.params.table).items():
            with replacing(Path(snakemake.output[name])) as path:
                path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
