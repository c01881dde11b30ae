"""Runs, metrics and comparisons -> the figures, as PDF for print and as SVG for the HTML report."""


rule confusion:
    input:
        predictions=runs_of("predictions.csv", plan.figure_systems()),
    output:
        figure_files("confusion"),
    log:
        "<results>/logs/confusion.log",
    benchmark:
        "<results>/benchmarks/confusion.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        runs=plan.runs(plan.figure_systems()),
        code=code("confusion.py"),
    message:
        "Draw the confusion matrices"
    script:
        "../workflow_scripts/confusion.py"


rule curves:
    input:
        runs="<results>/metrics/runs.csv",
        histories=runs_of("history.csv", plan.figure_systems()),
    output:
        figure_files("curves"),
    log:
        "<results>/logs/curves.log",
    benchmark:
        "<results>/benchmarks/curves.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        runs=plan.runs(plan.figure_systems()),
        code=code("curves.py"),
    message:
        "Draw the learning curves"
    script:
        "../workflow_scripts/curves.py"


rule forest:
    input:
        verdicts="<results>/statistics/verdicts.csv",
        comparisons="<results>/statistics/comparisons.csv",
    output:
        figure_files("forest"),
    log:
        "<results>/logs/forest.log",
    benchmark:
        "<results>/benchmarks/forest.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        code=code("forest.py"),
    message:
        "Draw the differences between models"
    script:
        "../workflow_scripts/forest.py"


rule classes:
    input:
        runs="<results>/metrics/runs.csv",
        splits=under_results(plan.splits()),
    output:
        figure_files("classes"),
    log:
        "<results>/logs/classes.log",
    benchmark:
        "<results>/benchmarks/classes.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        figure=plan.classes_figure(),
        code=code("classes.py"),
    message:
        "Draw the recall of each class"
    script:
        "../workflow_scripts/classes.py"


rule spread:
    input:
        runs="<results>/metrics/runs.csv",
    output:
        figure_files("spread"),
    log:
        "<results>/logs/spread.log",
    benchmark:
        "<results>/benchmarks/spread.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        systems=plan.figure_systems(),
        code=code("spread.py"),
    message:
        "Draw the spread over folds and seeds"
    script:
        "../workflow_scripts/spread.py"


if plan.attention_runs():

    rule attention:
        input:
            # Weights are too large to be compared by content: the run's predictions stand for them.
            weights=[ancient(path) for path in attention_files(WEIGHTS)],
            predictions=attention_files("predictions.csv"),
            features=feature_files(attended()),
            shards=joined_files(attended()),
            manifests=manifests(attended()),
            splits=attention_splits(),
        output:
            figure=figure_files("attention"),
            words="<results>/report/attention.json",
        log:
            "<results>/logs/attention.log",
        benchmark:
            "<results>/benchmarks/attention.tsv"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(2, "GB"),
            runtime=growing(30, "m"),
        params:
            utterances=settings.figures.attention,
            code=code("attention.py", "emofusion.models.selfcross"),
        message:
            "Find where self and cross attend"
        script:
            "../workflow_scripts/attention.py"
