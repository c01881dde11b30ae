"""Draw where self and cross attend in some utterances, and write where they do in all texts."""

import json
from pathlib import Path

from emofusion.evaluation.attention import attend, attend_words
from emofusion.files import replacing
from emofusion.joblog import job_log
from emofusion.reporting.figures.attention import draw_attention
from emofusion.reporting.figures.style import save
from emofusion.training.run import set_determinism


def main(snakemake):
    with job_log(snakemake.log[0]):
        set_determinism(snakemake.threads)
        features = {Path(path).stem: Path(path) for path in snakemake.input.features}
        runs = [
            (Path(weights), Path(split))
            for weights, split in zip(snakemake.input.weights, snakemake.input.splits, strict=True)
        ]
        split = runs[0][1]
        first = [weights for weights, of in runs if of == split]
        chosen = snakemake.params.utterances
        save(draw_attention(attend(first, features, split, chosen)), snakemake.output.figure)
        with replacing(Path(snakemake.output.words)) as path:
            path.write_text(json.dumps(attend_words(runs, features)), encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821 (handed in by Snakemake)
