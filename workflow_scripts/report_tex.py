"""Write the report in LaTeX."""

import os
from pathlib import Path

import pandas as pd

from emofusion.evaluation.verdicts import read_verdicts
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.report import report
from emofusion.reporting.trace import read_record

FRAMES = (
    "runs",
    "missing",
    "floors",
    "selected",
    "exclusions",
    "golden",
    "leakage",
    "classes",
)


def main(snakemake):
    with job_log(snakemake.log[0]):
        given, tex = snakemake.input, Path(snakemake.output.tex)

        def near(path):
            return Path(os.path.relpath(path, tex.parent))

        frames = {
            name: pd.read_csv(given[name], dtype={"modalities": str}).fillna({"modalities": ""})
            for name in FRAMES
            if given.get(name)
        }
        frames["verdicts"] = read_verdicts(given.verdicts)
        captions = snakemake.params.captions
        figures = {
            path.stem: (near(path), captions[path.stem]) for path in map(Path, given.figures)
        }
        text = report(
            snakemake.params.config,
            [read_record(Path(path).parent) for path in given.records],
            frames,
            [near(path) for path in given.tables],
            figures,
            snakemake.params.unlike_paper,
        )
        with replacing(tex) as path:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
