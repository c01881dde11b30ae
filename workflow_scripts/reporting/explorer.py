"""Write the page to explore the results."""

from pathlib import Path

from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.explorer.build import results_data
from emofusion.reporting.explorer.extra import read_embedded
from emofusion.reporting.explorer.page import render


def main(snakemake):
    with job_log(snakemake.log[0]):
        page = Path(snakemake.output.page)
        data = results_data(snakemake.input, **snakemake.params.content)
        extra = None
        if sessions := snakemake.input.get("release"):
            tested = data["utterances"]["ids"]
            extra = read_embedded(page.parents[1], Path(sessions[0]).parent, tested, audio=True)
        with replacing(page) as path:
            path.write_text(render(data, extra), encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)
