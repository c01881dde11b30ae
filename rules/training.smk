"""Features and a fold -> one folder a run. One job trains `seeds_per_job` seeds, side by side."""


def vote_files(wildcards):
    """The annotators' votes, for a model that learns from them."""
    return under_results(plan.votes(wildcards.model))


for seeds in plan.seed_chunks():
    job = "seed_" + "_".join(map(str, seeds))

    rule:
        name:
            f"train_{job}"
        input:
            features=feature_files,
            shards=joined_files,
            manifests=manifests,
            split="<results>/splits/fold{fold}.csv",
            votes=vote_files,
        output:
            predictions=seed_files(PREDICTIONS, seeds),
            history=seed_files(HISTORY, seeds),
            metrics=seed_files(OUTCOME, seeds),
            config=seed_files(RECORD, seeds),
            weights=seed_files(WEIGHTS, plan.kept(seeds)),
        log:
            f"<results>/logs/train/{{model}}/{{modalities}}/fold{{fold}}_{job}.log",
        benchmark:
            f"<results>/benchmarks/train/{{model}}/{{modalities}}/fold{{fold}}_{job}.tsv"
        conda:
            "../envs/environment.yaml"
        resources:
            gpu=GPUS,
            mem=growing(3 + len(seeds), "GB"),
            runtime=growing(4 * len(seeds), "h"),
        params:
            seeds=unrecorded(seeds),
            device=DEVICE,
            model_files=EXTENSIONS,
            checkpoint_seconds=unrecorded(settings.checkpoint_seconds),
            settings=run_settings,
            code=model_code,
        message:
            f"Train {{wildcards.model}} on {{wildcards.modalities}}, fold {{wildcards.fold}}, seeds {', '.join(map(str, seeds))}"
        script:
            "../workflow_scripts/training/train.py"
