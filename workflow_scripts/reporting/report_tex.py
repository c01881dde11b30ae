"""Write the report in LaTeX."""

from pathlib import Path

from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.report.document import read_report_files, report


def main(snakemake):
    with job_log(snakemake.log[0]):
        params, tex = snakemake.params, Path(snakemake.output.tex)
        files = dict(snakemake.input.items())
        content = read_report_files(files, tex.parent, params.captions, params.tables)
        with replacing(tex) as path:
            path.write_text(report(params.config, **content, about=params.about), encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)
