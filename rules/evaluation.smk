"""Splits and predictions of the runs -> leaks, metrics, comparisons."""


rule leakage:
    input:
        selected="<results>/corpus/selected.csv",
        splits=under_results(plan.splits()),
        audio=[
            ancient(f"<results>/features/{name}.h5") for name in plan.audio_feature()
        ],
        manifests=[f"<results>/features/{name}.json" for name in plan.audio_feature()],
    output:
        leakage=reported(
            "<results>/splits/leakage.csv",
            "Corpus",
            "What the partitions share with training",
            "captions/leakage.rst",
        ),
        classes="<results>/splits/classes.csv",
    log:
        "<results>/logs/leakage.log",
    benchmark:
        "<results>/benchmarks/leakage.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        folds=settings.folds,
        by=plan.split_column(),
        code=code("evaluation/leakage.py"),
    message:
        "Say what training shares with the development and test partitions"
    script:
        "../workflow_scripts/evaluation/leakage.py"


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
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        extensions=EXTENSIONS,
        runs=plan.runs(),
        missing=list(plan.missing),
        code=code("evaluation/score.py", *plan.metrics()),
    message:
        "Score every run on its test partition"
    script:
        "../workflow_scripts/evaluation/score.py"


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
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        folds=settings.folds,
        lengths=plan.floor_lengths(),
        modality_sets=plan.used_sets(),
        code=code("evaluation/floors.py"),
    message:
        "Score the floors: the majority class, and classifiers of the sequence lengths"
    script:
        "../workflow_scripts/evaluation/floors.py"


if plan.is_rated():

    rule humans:
        input:
            ratings="<results>/corpus/ratings.csv",
            splits=under_results(plan.splits()),
        output:
            humans="<results>/metrics/humans.csv",
        log:
            "<results>/logs/humans.log",
        benchmark:
            "<results>/benchmarks/humans.tsv"
        group:
            "results"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(10, "m"),
        params:
            labels=settings.labels,
            code=code("evaluation/humans.py"),
        message:
            "Score each annotator against the others, and their agreement"
        script:
            "../workflow_scripts/evaluation/humans.py"


rule cost:
    input:
        runs="<results>/metrics/runs.csv",
        records=runs_of(RECORD),
        features=[
            ancient(f"<results>/features/{name}.h5") for name in plan.read_names()
        ],
        manifests=[f"<results>/features/{name}.json" for name in plan.read_names()],
    output:
        cost="<results>/metrics/cost.csv",
    log:
        "<results>/logs/cost.log",
    benchmark:
        "<results>/benchmarks/cost.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(4, "GB"),
        runtime=growing(30, "m"),
    params:
        model_files=EXTENSIONS,
        code=code(
            "evaluation/cost.py",
            *[settings.registry()[model] for model, _ in plan.systems()],
        ),
    message:
        "Measure what every system costs"
    script:
        "../workflow_scripts/evaluation/cost.py"


rule compare:
    input:
        predictions=runs_of("predictions.csv"),
        selected="<results>/corpus/selected.csv",
        leakage="<results>/splits/leakage.csv",
    output:
        comparisons=reported(
            "<results>/statistics/comparisons.csv",
            "Comparisons",
            "All tests of all pairs",
            "captions/comparisons.rst",
        ),
        verdicts=reported(
            "<results>/statistics/verdicts.csv",
            "Comparisons",
            "Verdicts on all pairs",
            "captions/verdicts.rst",
        ),
        claims="<results>/statistics/claims.csv",
        new_speakers=reported(
            "<results>/statistics/new_speakers.csv",
            "Comparisons",
            "Predictions for new speakers",
            "captions/new_speakers.rst",
        ),
    log:
        "<results>/logs/compare.log",
    benchmark:
        "<results>/benchmarks/compare.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(30, "m"),
    params:
        runs=plan.runs(),
        extensions=EXTENSIONS,
        statistics=settings.statistics.compared(),
        code=code("evaluation/compare.py", *plan.tests()),
    message:
        "Compare every pair of models on the same modalities"
    script:
        "../workflow_scripts/evaluation/compare.py"


rule test_published:
    output:
        published="<results>/statistics/published.csv",
    log:
        "<results>/logs/test_published.log",
    benchmark:
        "<results>/benchmarks/test_published.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        alpha=settings.statistics.alpha,
        code=code("evaluation/test_published.py"),
    message:
        "Test the paper's printed numbers"
    script:
        "../workflow_scripts/evaluation/test_published.py"


rule compare_with_paper:
    input:
        summary="<results>/metrics/summary.csv",
    output:
        reproduction="<results>/statistics/reproduction.csv",
    log:
        "<results>/logs/compare_with_paper.log",
    benchmark:
        "<results>/benchmarks/compare_with_paper.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        reproduction={"alpha": settings.statistics.alpha, "synthetic": plan.synthetic()},
        code=code("evaluation/compare_with_paper.py"),
    message:
        "Compare our numbers with the paper's"
    script:
        "../workflow_scripts/evaluation/compare_with_paper.py"
