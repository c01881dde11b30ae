"""Tables, figures and the records of all runs -> one report in print. The HTML report is Snakemake's own (--report)."""


rule report_tex:
    input:
        **(
            {"expected_counts": "<results>/corpus/golden.csv"}
            if plan.full_release()
            else {}
        ),
        **({"humans": "<results>/metrics/humans.csv"} if plan.is_rated() else {}),
        records=runs_of(RECORD),
        runs="<results>/metrics/runs.csv",
        cost="<results>/metrics/cost.csv",
        missing="<results>/metrics/missing.csv",
        floors="<results>/metrics/floors.csv",
        verdicts="<results>/statistics/verdicts.csv",
        new_speakers="<results>/statistics/new_speakers.csv",
        selected="<results>/corpus/selected.csv",
        exclusions="<results>/corpus/exclusions.csv",
        leakage="<results>/splits/leakage.csv",
        classes="<results>/splits/classes.csv",
        tables=tables("tex"),
        figures=figures("pdf"),
    output:
        tex="<results>/report/report.tex",
    log:
        "<results>/logs/report_tex.log",
    benchmark:
        "<results>/benchmarks/report_tex.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        config=plan.report_settings(),
        about=ABOUT_RESULTS,
        captions={
            name: Path(caption(figure)).read_text("utf-8")
            for name, figure in plan.figures().items()
        },
        tables=plan.table_texts(),
        code=code("reporting/report_tex.py"),
    message:
        "Write the report"
    script:
        "../workflow_scripts/reporting/report_tex.py"


rule report_pdf:
    input:
        tex="<results>/report/report.tex",
        tables=tables("tex"),
        figures=figures("pdf"),
    output:
        pdf="<results>/report/report.pdf",
    log:
        "<results>/logs/report_pdf.log",
        tex="<results>/logs/report_pdf.tex.log",
    benchmark:
        "<results>/benchmarks/report_pdf.tsv"
    group:
        "results"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        code=code("reporting/report_pdf.py"),
    message:
        "Compile the report"
    script:
        "../workflow_scripts/reporting/report_pdf.py"


# Not asked for by all: it needs LaTeX.
rule report:
    input:
        "<results>/report/report.pdf",
