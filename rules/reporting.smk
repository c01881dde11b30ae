"""Metrics and comparisons -> the tables and figures of the paper."""


rule table1:
    input:
        summary="<results>/metrics/summary.csv",
        comparisons="<results>/statistics/comparisons.csv",
    output:
        tex="<results>/tables/table1.tex",
        txt="<results>/tables/table1.txt",
    log:
        "<results>/logs/table1.log",
    benchmark:
        "<results>/benchmarks/table1.tsv"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        table={
            "models": settings.models,
            "modalities": settings.modalities,
            "alpha": settings.statistics.alpha,
            "source": settings.source,
        },
        code=code("table1.py"),
    message:
        "Set Table 1"
    script:
        "../workflow_scripts/table1.py"


rule table2:
    input:
        summary="<results>/metrics/summary.csv",
    output:
        tex="<results>/tables/table2.tex",
        txt="<results>/tables/table2.txt",
    log:
        "<results>/logs/table2.log",
    benchmark:
        "<results>/benchmarks/table2.tsv"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        table={"systems": settings.table2_systems(), "source": settings.source},
        code=code("table2.py"),
    message:
        "Set Table 2"
    script:
        "../workflow_scripts/table2.py"


rule confusion:
    input:
        predictions=runs_of("predictions.csv", confusion_systems()),
    output:
        figure="<results>/figures/confusion.pdf",
    log:
        "<results>/logs/confusion.log",
    benchmark:
        "<results>/benchmarks/confusion.tsv"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        systems=confusion_systems(),
        code=code("confusion.py"),
    message:
        "Draw the confusion matrices"
    script:
        "../workflow_scripts/confusion.py"
