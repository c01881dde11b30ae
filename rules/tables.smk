"""Metrics and comparisons -> the tables, for print, for the terminal and for the HTML report."""

for name, table in plan.tables().items():

    rule:
        name:
            f"set_{name}"
        input:
            **under_results(plan.files_of(table)),
        output:
            **rendered(table, "tables", "tex", "txt", "html"),
        log:
            f"<results>/logs/tables/{name}.log",
        benchmark:
            f"<results>/benchmarks/tables/{name}.tsv"
        group:
            "results"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(10, "m"),
        params:
            extensions=EXTENSIONS,
            table=name,
            results=ABOUT_RESULTS if "summary" in plan.files_of(table) else {},
            settings=plan.values_of(table),
            code=code("reporting/table.py", table),
        message:
            f"Set the table: {table.facts['title'] or name}"
        script:
            "../workflow_scripts/reporting/table.py"
