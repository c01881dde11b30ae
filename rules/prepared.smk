"""The baselines' prepared folds -> the same tables, splits and feature files as from the raw corpus."""


rule read_folds:
    output:
        utterances="<results>/corpus/utterances.csv",
        selected="<results>/corpus/selected.csv",
        exclusions=reported("<results>/corpus/exclusions.csv", "Corpus"),
        splits=expand("<results>/splits/fold{fold}.csv", fold=prepared_folds()),
    log:
        "<results>/logs/read_folds.log",
    benchmark:
        "<results>/benchmarks/read_folds.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(2, "h"),
    params:
        root=corpus_root,
        content=folds_content,
        classes=plan.class_settings(),
        class_order=settings.class_order,
        folds=prepared_folds(),
        probe={
            "modalities": settings.raw_modalities(),
            "policy": settings.exclusions.model_dump(),
        },
        code=code("read_folds.py"),
    message:
        "Read the prepared folds"
    script:
        "../workflow_scripts/read_folds.py"


rule convert:
    input:
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/{modality}.h5",
        manifest="<results>/features/{modality}.json",
    log:
        "<results>/logs/convert/{modality}.log",
    benchmark:
        "<results>/benchmarks/convert/{modality}.tsv"
    wildcard_constraints:
        modality="text|vision|audio|prosody",
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(2, "h"),
    params:
        root=corpus_root,
        content=folds_content,
        code=code("convert.py"),
    message:
        "Convert the prepared features of {wildcards.modality}"
    script:
        "../workflow_scripts/convert.py"
