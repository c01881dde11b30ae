"""Draw where self and cross attend."""

from pathlib import Path

from emofusion.evaluation.attention import attend
from emofusion.joblog import job_log
from emofusion.reporting.figures.attention import draw_attention
from emofusion.reporting.figures.style import save
from emofusion.training.run import set_determinism


def main(snakemake):
    with job_log(snakemake.log[0]):
        set_determinism(snakemake.threads)
        runs = [Path(path) for path in snakemake.input.weights]
        features = {Path(path).stem: Path(path) for path in snakemake.input.features}
        split, chosen = Path(snakemake.input.split), snakemake.params.utterances
        save(draw_attention(attend(runs, features, split, chosen)), snakemake.output)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
