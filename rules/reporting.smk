"""Metrics and comparisons -> the tables of the paper."""


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
        mem="1GB",
        runtime="10m",
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
        mem="1GB",
        runtime="10m",
    params:
        table={"systems": settings.table2_systems(), "source": settings.source},
        code=code("table2.py"),
    message:
        "Set Table 2"
    script:
        "../workflow_scripts/table2.py"
