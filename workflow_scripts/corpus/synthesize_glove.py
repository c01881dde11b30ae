"""Make word vectors for the synthetic corpus."""

from pathlib import Path

from emofusion.corpora.synthetic.glove import make_glove
from emofusion.joblog import job_log


def main(snakemake):
    with job_log(snakemake.log[0]):
        make_glove(Path(snakemake.output.glove), **snakemake.params.glove)


if __name__ == "__main__":
    main(snakemake)
