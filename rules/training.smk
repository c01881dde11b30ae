"""Features and a fold -> one folder a run. One job trains `seeds_per_job` seeds, side by side."""

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
        output:
            predictions=expand(f"{RUN}/predictions.csv", seed=seeds, allow_missing=True),
            history=expand(f"{RUN}/history.csv", seed=seeds, allow_missing=True),
            metrics=expand(f"{RUN}/metrics.json", seed=seeds, allow_missing=True),
            config=expand(f"{RUN}/config.yaml", seed=seeds, allow_missing=True),
            weights=expand(
                f"{RUN}/weights.pt", seed=plan.kept(seeds), allow_missing=True
            ),
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
            seeds=run_seeds,
            device=run_device,
            model_files=model_files,
            checkpoint_seconds=checkpoint_seconds,
            settings=run_settings,
            code=model_code,
        message:
            f"Train {{wildcards.model}} on {{wildcards.modalities}}, fold {{wildcards.fold}}, seeds {', '.join(map(str, seeds))}"
        script:
            "../workflow_scripts/train.py"
