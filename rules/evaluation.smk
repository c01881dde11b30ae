"""Splits and predictions of the runs -> leaks, metrics, comparisons."""


rule leakage:
    input:
        selected="<results>/corpus/selected.csv",
        splits=under_results(plan.splits()),
    output:
        leakage=reported("<results>/splits/leakage.csv", "Corpus"),
        classes="<results>/splits/classes.csv",
    log:
        "<results>/logs/leakage.log",
    benchmark:
        "<results>/benchmarks/leakage.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        folds=settings.folds,
        code=code("leakage.py"),
    message:
        "Say what training shares with the development and test partitions"
    script:
        "../workflow_scripts/leakage.py"


rule score:
    input:
        predictions=runs_of("predictions.csv"),
        metrics=runs_of("metrics.json"),
    output:
        runs="<results>/metrics/runs.csv",
        summary="<results>/metrics/summary.csv",
        missing="<results>/metrics/missing.csv",
    log:
        "<results>/logs/score.log",
    benchmark:
        "<results>/benchmarks/score.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        runs=plan.runs(),
        missing=list(plan.missing),
        code=code("score.py"),
    message:
        "Score every run on its test partition"
    script:
        "../workflow_scripts/score.py"


rule floors:
    input:
        features=[
            ancient(f"<results>/features/{name}.h5") for name in plan.used_names()
        ],
        manifests=[f"<results>/features/{name}.json" for name in plan.used_names()],
        splits=under_results(plan.splits()),
    output:
        floors="<results>/metrics/floors.csv",
    log:
        "<results>/logs/floors.log",
    benchmark:
        "<results>/benchmarks/floors.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        folds=settings.folds,
        lengths=plan.floor_lengths(),
        modality_sets=plan.used_sets(),
        code=code("floors.py"),
    message:
        "Say what the majority class and the lengths of the sequences reach"
    script:
        "../workflow_scripts/floors.py"


rule compare:
    input:
        predictions=runs_of("predictions.csv"),
        selected="<results>/corpus/selected.csv",
        leakage="<results>/splits/leakage.csv",
    output:
        comparisons=reported("<results>/statistics/comparisons.csv", "Comparisons"),
        verdicts=reported("<results>/statistics/verdicts.csv", "Comparisons"),
    log:
        "<results>/logs/compare.log",
    benchmark:
        "<results>/benchmarks/compare.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(30, "m"),
    params:
        runs=plan.runs(),
        statistics=settings.statistics.compared(),
        code=code("compare.py"),
    message:
        "Compare every pair of models on the same modalities"
    script:
        "../workflow_scripts/compare.py"


rule published:
    output:
        published="<results>/statistics/published.csv",
    log:
        "<results>/logs/published.log",
    benchmark:
        "<results>/benchmarks/published.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        alpha=settings.statistics.alpha,
        code=code("published.py"),
    message:
        "Test the paper's printed numbers"
    script:
        "../workflow_scripts/published.py"


rule reproduce:
    input:
        summary="<results>/metrics/summary.csv",
    output:
        reproduction="<results>/statistics/reproduction.csv",
    log:
        "<results>/logs/reproduce.log",
    benchmark:
        "<results>/benchmarks/reproduce.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        reproduction={"alpha": settings.statistics.alpha, "synthetic": plan.synthetic()},
        code=code("reproduce.py"),
    message:
        "Set our numbers beside the paper's"
    script:
        "../workflow_scripts/reproduce.py"
