"""The baselines' prepared folds -> the same tables, splits and feature files as from the raw corpus."""


rule read_prepared:
    output:
        utterances="<results>/corpus/utterances.csv",
        selected="<results>/corpus/selected.csv",
        exclusions=EXCLUSIONS,
        splits=expand("<results>/splits/fold{fold}.csv", fold=plan.prepared_folds()),
    log:
        "<results>/logs/read_prepared.log",
    benchmark:
        "<results>/benchmarks/read_prepared.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(2, "h"),
    params:
        root=CORPUS,
        content=late(plan.prepared_content),
        classes=plan.class_settings(),
        class_order=settings.class_order,
        folds=plan.prepared_folds(),
        probe={
            "modalities": settings.raw_modalities(),
            "policy": settings.exclusions.model_dump(),
        },
        code=code("corpus/read_prepared.py"),
    message:
        "Read the prepared folds"
    script:
        "../workflow_scripts/corpus/read_prepared.py"


rule convert_prepared:
    input:
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/{modality}.h5",
        manifest="<results>/features/{modality}.json",
    log:
        "<results>/logs/convert_prepared/{modality}.log",
    benchmark:
        "<results>/benchmarks/convert_prepared/{modality}.tsv"
    wildcard_constraints:
        modality="text|vision|audio|prosody",
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(2, "h"),
    params:
        root=CORPUS,
        content=late(plan.prepared_content),
        code=code("features/convert_prepared.py"),
    message:
        "Convert the prepared features of {wildcards.modality}"
    script:
        "../workflow_scripts/features/convert_prepared.py"
