"""Everything that results show -> one page to explore, that opens from the disk."""


rule explorer:
    input:
        **embedded_corpus(),
        **RESULT_FILES,
        attention="<results>/report/attention.json" if plan.attention_runs() else [],
        predictions=runs_of("predictions.csv"),
        histories=runs_of("history.csv"),
        runs="<results>/metrics/runs.csv",
        selected="<results>/corpus/selected.csv",
        comparisons="<results>/statistics/comparisons.csv",
        verdicts="<results>/statistics/verdicts.csv",
    output:
        page="<results>/report/explore.html",
    log:
        "<results>/logs/explorer.log",
    benchmark:
        "<results>/benchmarks/explorer.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(20, "m"),
    params:
        content=plan.page_settings(paper),
        page=page_fingerprint(),
        code=code("explorer.py"),
    message:
        "Write the page to explore"
    script:
        "../workflow_scripts/explorer.py"
