"""Make one session of the synthetic corpus."""

from pathlib import Path

from emofusion.corpora.synthetic.layout import make_session
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        make_session(
            Path(snakemake.output.session).parent,
            int(snakemake.wildcards.session),
            **snakemake.params.synthetic,
        )


if __name__ == "__main__":
    main(snakemake)
