"""All results -> one HTML page to explore them, which opens without a server."""

# The page of a synthetic corpus contains its words and sounds. Licences may forbid that for other
# corpora: `emofusion explore` serves their words and sounds instead.
EMBEDDED = {}
if plan.synthetic():
    EMBEDDED["release"] = [f"{RELEASE}/Session{session}" for session in sessions]
    EMBEDDED["ratings"] = "<results>/corpus/ratings.csv"
    if "text" in plan.used_names():
        EMBEDDED["words"] = ancient("<results>/features/text.h5")


rule explorer:
    input:
        **EMBEDDED,
        **RESULTS,
        attention="<results>/report/attention.json" if plan.attention_runs() else [],
        predictions=runs_of(PREDICTIONS),
        histories=runs_of(HISTORY),
        runs="<results>/metrics/runs.csv",
        selected="<results>/corpus/selected.csv",
        leakage="<results>/splits/leakage.csv",
        comparisons="<results>/statistics/comparisons.csv",
        verdicts="<results>/statistics/verdicts.csv",
        new_speakers="<results>/statistics/new_speakers.csv",
    output:
        page="<results>/report/explore.html",
    log:
        "<results>/logs/explorer.log",
    benchmark:
        "<results>/benchmarks/explorer.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(20, "m"),
    params:
        content=plan.page_settings(paper),
        page=page_fingerprint(),
        code=code("reporting/explorer.py"),
    message:
        "Write the page to explore"
    script:
        "../workflow_scripts/reporting/explorer.py"
