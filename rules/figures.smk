"""Runs, metrics and comparisons -> the figures, as PDF for print and as SVG for the HTML report."""

for name, figure in plan.figures().items():
    if name == "attention":
        continue

    rule:
        name:
            f"draw_{name}"
        input:
            **under_results(plan.files_of(figure)),
        output:
            **rendered(figure, "figures", "pdf", "svg"),
        log:
            f"<results>/logs/figures/{name}.log",
        benchmark:
            f"<results>/benchmarks/figures/{name}.tsv"
        group:
            "results"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(10, "m"),
        params:
            extensions=EXTENSIONS,
            figure=name,
            runs=plan.run_keys_of(figure),
            settings=plan.values_of(figure),
            code=code("reporting/figure.py", figure),
        message:
            f"Draw the figure: {figure.facts['title'] or name}"
        script:
            "../workflow_scripts/reporting/figure.py"


if plan.attention_runs():
    # All runs whose attention is shown read the same features.
    ATTENDED = Namespace(**plan.attention_runs()[0])

    rule draw_attention:
        input:
            # Weights are too large to be compared by content: the run's predictions are compared instead.
            weights=[ancient(path) for path in attention_files(WEIGHTS)],
            predictions=attention_files(PREDICTIONS),
            features=feature_files(ATTENDED),
            shards=joined_files(ATTENDED),
            manifests=manifests(ATTENDED),
            splits=[
                f"<results>/splits/fold{key['fold']}.csv"
                for key in plan.word_attention_runs()
            ],
        output:
            **rendered(plan.figures()["attention"], "figures", "pdf", "svg"),
            words="<results>/report/attention.json",
        log:
            "<results>/logs/figures/attention.log",
        benchmark:
            "<results>/benchmarks/figures/attention.tsv"
        group:
            "results"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(2, "GB"),
            runtime=growing(30, "m"),
        params:
            extensions=EXTENSIONS,
            utterances=settings.figures.attention,
            code=code("reporting/attention.py", *plan.attention_models()),
        message:
            "Find where the models attend"
        script:
            "../workflow_scripts/reporting/attention.py"
