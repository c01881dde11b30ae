"""Raw corpus -> utterance table -> selected utterances -> folds, session by session as far as that goes."""

if plan.synthetic():

    rule synthesize:
        output:
            session=directory(f"{RELEASE}/Session{{session}}"),
        log:
            "<results>/logs/synthesize/session{session}.log",
        benchmark:
            "<results>/benchmarks/synthesize/session{session}.tsv"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(30, "m"),
        params:
            synthetic=settings.synthetic.model_dump(),
            code=code("synthesize.py"),
        message:
            "Make session {wildcards.session} of the embedded corpus: speech, faces and words"
        script:
            "../workflow_scripts/synthesize.py"

    rule synthesize_glove:
        output:
            glove=GLOVE,
        log:
            "<results>/logs/synthesize_glove.log",
        benchmark:
            "<results>/benchmarks/synthesize_glove.tsv"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(10, "m"),
        params:
            glove={
                "seed": settings.synthetic.seed,
                "width": settings.features.text.width,
            },
            code=code("synthesize_glove.py"),
        message:
            "Make word vectors for the embedded corpus"
        script:
            "../workflow_scripts/synthesize_glove.py"


rule parse:
    input:
        session_files,
    output:
        utterances="<results>/shards/session{session}/utterances.csv",
    log:
        "<results>/logs/parse/session{session}.log",
    benchmark:
        "<results>/benchmarks/parse/session{session}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        root=corpus_root,
        content=session_content("t"),
        code=code("parse.py"),
    message:
        "Read labels, times and transcripts of session {wildcards.session}"
    script:
        "../workflow_scripts/parse.py"


rule probe:
    input:
        utterances="<results>/shards/session{session}/utterances.csv",
    output:
        selected="<results>/shards/session{session}/selected.csv",
        exclusions="<results>/shards/session{session}/exclusions.csv",
    log:
        "<results>/logs/probe/session{session}.log",
    benchmark:
        "<results>/benchmarks/probe/session{session}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(1, "h"),
    params:
        root=corpus_root,
        content=session_content(settings.raw_modalities()),
        probe={
            "labels": settings.labels,
            "method": settings.method,
            "modalities": settings.raw_modalities(),
            "policy": settings.exclusions.model_dump(),
            "framing": settings.audio_framing(),
            "events": settings.text_events(),
        },
        code=code("probe.py"),
    message:
        "Decide which utterances of session {wildcards.session} are used"
    script:
        "../workflow_scripts/probe.py"


rule select:
    input:
        utterances=shards("utterances.csv"),
        selected=shards("selected.csv"),
        exclusions=shards("exclusions.csv"),
    output:
        utterances="<results>/corpus/utterances.csv",
        selected="<results>/corpus/selected.csv",
        exclusions=reported("<results>/corpus/exclusions.csv", "Corpus"),
    log:
        "<results>/logs/select.log",
    benchmark:
        "<results>/benchmarks/select.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        classes=plan.class_settings(),
        full_release=plan.full_release(),
        code=code("select.py"),
    message:
        "Join the sessions; check their counts and the sizes of the classes"
    script:
        "../workflow_scripts/select.py"


rule golden:
    input:
        utterances="<results>/corpus/utterances.csv",
    output:
        golden="<results>/corpus/golden.csv",
    log:
        "<results>/logs/golden.log",
    benchmark:
        "<results>/benchmarks/golden.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(30, "m"),
    params:
        glove=glove_path,
        content=glove_content,
        text=plan.extractor_settings("text"),
        framing=settings.audio_framing(),
        code=code("golden.py"),
    message:
        "Hold the release against the counts and lengths that are known of it"
    script:
        "../workflow_scripts/golden.py"


rule split:
    input:
        utterances="<results>/corpus/utterances.csv",
        selected="<results>/corpus/selected.csv",
    output:
        split="<results>/splits/fold{fold}.csv",
    log:
        "<results>/logs/split/fold{fold}.log",
    benchmark:
        "<results>/benchmarks/split/fold{fold}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        split=plan.split_settings(),
        code=code("split.py"),
    message:
        "Divide the utterances of fold {wildcards.fold} into training, development and test"
    script:
        "../workflow_scripts/split.py"
