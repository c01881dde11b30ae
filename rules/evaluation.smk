"""Splits and predictions of the runs -> leaks, metrics, comparisons."""


rule leakage:
    input:
        selected="<results>/corpus/selected.csv",
        splits=all_splits(),
    output:
        leakage="<results>/splits/leakage.csv",
        classes="<results>/splits/classes.csv",
    log:
        "<results>/logs/leakage.log",
    benchmark:
        "<results>/benchmarks/leakage.tsv"
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
        predictions=runs_of("predictions.csv", settings.systems()),
        metrics=runs_of("metrics.json", settings.systems()),
    output:
        runs="<results>/metrics/runs.csv",
        summary="<results>/metrics/summary.csv",
    log:
        "<results>/logs/score.log",
    benchmark:
        "<results>/benchmarks/score.tsv"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        runs=run_keys(settings.systems()),
        code=code("score.py"),
    message:
        "Score every run on its test partition"
    script:
        "../workflow_scripts/score.py"


rule compare:
    input:
        runs="<results>/metrics/runs.csv",
    output:
        comparisons="<results>/statistics/comparisons.csv",
    log:
        "<results>/logs/compare.log",
    benchmark:
        "<results>/benchmarks/compare.tsv"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        code=code("compare.py"),
    message:
        "Compare the models by the paper's t-test"
    script:
        "../workflow_scripts/compare.py"
