"""Set Table 1, for print and for the terminal."""

from pathlib import Path

import pandas as pd

from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.tables import table1_tex, table1_text


def main(snakemake):
    with job_log(snakemake.log[0]):
        tables = [pd.read_csv(snakemake.input[name]) for name in ("summary", "comparisons")]
        for render, target in ((table1_tex, "tex"), (table1_text, "txt")):
            with replacing(Path(snakemake.output[target])) as path:
                path.write_text(render(*tables, **snakemake.params.table), encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
