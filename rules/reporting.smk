"""Metrics and comparisons -> the tables of the paper."""


rule table1:
    input:
        **RESULT_FILES,
        comparisons="<results>/statistics/comparisons.csv",
    output:
        **table_files("table1"),
    log:
        "<results>/logs/table1.log",
    benchmark:
        "<results>/benchmarks/table1.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        results=ABOUT_RESULTS,
        table=plan.table1_settings(),
        code=code("table1.py"),
    message:
        "Set Table 1"
    script:
        "../workflow_scripts/table1.py"


rule table2:
    input:
        **RESULT_FILES,
    output:
        **table_files("table2"),
    log:
        "<results>/logs/table2.log",
    benchmark:
        "<results>/benchmarks/table2.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        results=ABOUT_RESULTS,
        table=plan.table2_settings(),
        code=code("table2.py"),
    message:
        "Set Table 2"
    script:
        "../workflow_scripts/table2.py"


rule tests:
    input:
        **RESULT_FILES,
        comparisons="<results>/statistics/comparisons.csv",
        verdicts="<results>/statistics/verdicts.csv",
    output:
        **table_files("tests"),
    log:
        "<results>/logs/tests.log",
    benchmark:
        "<results>/benchmarks/tests.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        results=ABOUT_RESULTS,
        table={"alpha": settings.statistics.alpha},
        code=code("tests.py"),
    message:
        "Set the table of tests"
    script:
        "../workflow_scripts/tests.py"


rule equivalence:
    input:
        **RESULT_FILES,
        comparisons="<results>/statistics/comparisons.csv",
        verdicts="<results>/statistics/verdicts.csv",
    output:
        **table_files("equivalence"),
    log:
        "<results>/logs/equivalence.log",
    benchmark:
        "<results>/benchmarks/equivalence.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        results=ABOUT_RESULTS,
        table={
            "alpha": settings.statistics.alpha,
            "power": settings.statistics.power,
        },
        code=code("equivalence.py"),
    message:
        "Set the table of equivalence"
    script:
        "../workflow_scripts/equivalence.py"


rule reproduction:
    input:
        **RESULT_FILES,
        reproduction="<results>/statistics/reproduction.csv",
    output:
        **table_files("reproduction"),
    log:
        "<results>/logs/reproduction.log",
    benchmark:
        "<results>/benchmarks/reproduction.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        results=ABOUT_RESULTS,
        table={"alpha": settings.statistics.alpha},
        code=code("reproduction.py"),
    message:
        "Set the paper's numbers beside ours"
    script:
        "../workflow_scripts/reproduction.py"


rule published_tests:
    input:
        published="<results>/statistics/published.csv",
    output:
        **table_files("published"),
    log:
        "<results>/logs/published_tests.log",
    benchmark:
        "<results>/benchmarks/published_tests.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        table={"alpha": settings.statistics.alpha},
        code=code("published_tests.py"),
    message:
        "Set the paper's own tests"
    script:
        "../workflow_scripts/published_tests.py"
