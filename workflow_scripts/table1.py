"""Set Table 1, for print and for the terminal."""

from pathlib import Path

import pandas as pd

from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.tables import table1


def main(snakemake):
    with job_log(snakemake.log[0]):
        tables = [pd.read_csv(snakemake.input[name]) for name in ("summary", "comparisons")]
        for name, text in table1(*tables, **snakemake.params.table).items():
            with replacing(Path(snakemake.output[name])) as path:
                path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
