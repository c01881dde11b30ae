"""Selected utterances -> one feature file per modality, with a manifest that training depends on.

A registered extractor runs once per session. Word vectors are looked up in one job for the whole
corpus, because reading the file of vectors takes most of the time.
"""

for name in plan.sharded():

    rule:
        name:
            f"extract_{name}"
        input:
            selected="<results>/shards/session{session}/selected.csv",
        output:
            features=f"<results>/shards/session{{session}}/{name}.h5",
            manifest=f"<results>/shards/session{{session}}/{name}.json",
        log:
            f"<results>/logs/{name}/session{{session}}.log",
        benchmark:
            f"<results>/benchmarks/{name}/session{{session}}.tsv"
        conda:
            "../envs/environment.yaml"
        threads: plan.extractor_of(name).facts["threads"]
        resources:
            gpu=GPUS if plan.extractor_of(name).facts["gpu"] else 0,
            mem=growing(plan.extractor_of(name).facts["memory"], "GB"),
            runtime=growing(plan.extractor_of(name).facts["hours"], "h"),
        params:
            root=CORPUS,
            extensions=EXTENSIONS,
            files=unrecorded(late(plan.extractor_files, name)),
            device=DEVICE,
            extractor=plan.extractor_of(name).name,
            content=session_content(plan.letter_of(name)),
            settings=late(plan.recorded_settings, name),
            code=code("features/extract.py", plan.extractor_of(name)),
        message:
            f"Extract {plan.extractor_of(name).facts['does'] or name} of part {{wildcards.session}}"
        script:
            "../workflow_scripts/features/extract.py"


rule join:
    input:
        unpack(modality_shards),
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/{modality}.h5",
        manifest="<results>/features/{modality}.json",
    log:
        "<results>/logs/join/{modality}.log",
    benchmark:
        "<results>/benchmarks/join/{modality}.tsv"
    wildcard_constraints:
        modality="|".join(plan.sharded()) or "none",
    group:
        "join"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        code=code("features/join.py"),
    message:
        "Join the parts of the features of {wildcards.modality}"
    script:
        "../workflow_scripts/features/join.py"


rule text:
    input:
        MADE_GLOVE,
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/text.h5",
        manifest="<results>/features/text.json",
    log:
        "<results>/logs/text.log",
    benchmark:
        "<results>/benchmarks/text.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(1, "h"),
    params:
        glove=GLOVE,
        content=late(plan.glove_content),
        text=plan.extractor_settings("text"),
        min_coverage=unrecorded(plan.min_coverage()),
        code=code("features/text.py"),
    message:
        "Look up the word vectors"
    script:
        "../workflow_scripts/features/text.py"


rule adopt:
    input:
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/{modality}.h5",
        manifest="<results>/features/{modality}.json",
    log:
        "<results>/logs/adopt/{modality}.log",
    benchmark:
        "<results>/benchmarks/adopt/{modality}.tsv"
    wildcard_constraints:
        modality="|".join(OWN) or "none",
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(1, "h"),
    params:
        file=unrecorded(lambda wildcards: OWN[wildcards.modality]),
        content=own_content,
        code=code("features/adopt.py"),
    message:
        "Take over the given features of {wildcards.modality}"
    script:
        "../workflow_scripts/features/adopt.py"


# The user's own features replace the extracted ones.
ruleorder: adopt > join > text
