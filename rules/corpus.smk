"""Raw corpus -> utterance table -> selected utterances -> folds; up to `select` one job per session."""

if plan.synthetic():

    rule synthesize:
        output:
            session=directory(f"{RELEASE}/Session{{session}}"),
        log:
            "<results>/logs/synthesize/session{session}.log",
        benchmark:
            "<results>/benchmarks/synthesize/session{session}.tsv"
        group:
            "session"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(30, "m"),
        params:
            synthetic=settings.synthetic.model_dump(),
            code=code("corpus/synthesize.py"),
        message:
            "Make session {wildcards.session} of the synthetic corpus: speech, faces and words"
        script:
            "../workflow_scripts/corpus/synthesize.py"

    rule synthesize_glove:
        output:
            glove=under_results(SYNTHETIC_GLOVE),
        log:
            "<results>/logs/synthesize_glove.log",
        benchmark:
            "<results>/benchmarks/synthesize_glove.tsv"
        group:
            "glove"
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
            code=code("corpus/synthesize_glove.py"),
        message:
            "Make word vectors for the synthetic corpus"
        script:
            "../workflow_scripts/corpus/synthesize_glove.py"


rule parse:
    input:
        session_files,
    output:
        utterances="<results>/shards/session{session}/utterances.csv",
    log:
        "<results>/logs/parse/session{session}.log",
    benchmark:
        "<results>/benchmarks/parse/session{session}.tsv"
    group:
        "session"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(30, "m"),
    params:
        given=CORPUS_GIVEN,
        extensions=EXTENSIONS,
        corpus=settings.source,
        label_column=settings.label_column,
        crop=settings.crop,
        content=session_content("t"),
        code=code("corpus/parse.py", plan.corpus.definition),
    message:
        "Read labels, times and transcripts of part {wildcards.session}"
    script:
        "../workflow_scripts/corpus/parse.py"


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
    group:
        "session"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(1, "h"),
    params:
        root=CORPUS,
        content=session_content(settings.raw_modalities()),
        probe=plan.probe_settings(),
        code=code("corpus/probe.py"),
    message:
        "Decide which utterances of part {wildcards.session} are used"
    script:
        "../workflow_scripts/corpus/probe.py"


rule select:
    input:
        utterances=shards("utterances.csv"),
        selected=shards("selected.csv"),
        exclusions=shards("exclusions.csv"),
    output:
        utterances="<results>/corpus/utterances.csv",
        selected="<results>/corpus/selected.csv",
        exclusions=EXCLUSIONS,
    log:
        "<results>/logs/select.log",
    benchmark:
        "<results>/benchmarks/select.tsv"
    group:
        "corpus"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        classes=plan.class_settings(),
        full_release=plan.full_release(),
        code=code("corpus/select.py"),
    message:
        "Join the parts; check their counts and the sizes of the classes"
    script:
        "../workflow_scripts/corpus/select.py"


if plan.is_rated():

    rule rate:
        input:
            [f"{RELEASE}/Session{one}" for one in sessions] if plan.synthetic() else [],
        output:
            ratings="<results>/corpus/ratings.csv",
        log:
            "<results>/logs/rate.log",
        benchmark:
            "<results>/benchmarks/rate.tsv"
        group:
            "corpus"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(10, "m"),
        params:
            given=CORPUS_GIVEN,
            extensions=EXTENSIONS,
            corpus=settings.source,
            label_column=settings.label_column,
            content=late(plan.ratings_content),
            code=code("corpus/rate.py", plan.corpus.definition),
        message:
            "Read what each single annotator said"
        script:
            "../workflow_scripts/corpus/rate.py"

    # Only training with loss: soft asks for it.
    rule count_votes:
        input:
            ratings="<results>/corpus/ratings.csv",
        output:
            votes="<results>/corpus/votes.csv",
        log:
            "<results>/logs/count_votes.log",
        benchmark:
            "<results>/benchmarks/count_votes.tsv"
        group:
            "corpus"
        conda:
            "../envs/environment.yaml"
        resources:
            mem=growing(1, "GB"),
            runtime=growing(10, "m"),
        params:
            labels=settings.labels,
            code=code("corpus/count_votes.py"),
        message:
            "Count the annotators' votes for each class"
        script:
            "../workflow_scripts/corpus/count_votes.py"


rule check_counts:
    input:
        utterances="<results>/corpus/utterances.csv",
    output:
        expected_counts="<results>/corpus/golden.csv",
    log:
        "<results>/logs/check_counts.log",
    benchmark:
        "<results>/benchmarks/check_counts.tsv"
    group:
        "corpus"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(30, "m"),
    params:
        glove=GLOVE,
        content=late(plan.glove_content),
        width=plan.extractor_settings("text").get("width"),
        framing=settings.audio_framing(),
        code=code("corpus/check_counts.py"),
    message:
        "Compare the release's counts and lengths with the known ones"
    script:
        "../workflow_scripts/corpus/check_counts.py"


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
    group:
        "corpus"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        extensions=EXTENSIONS,
        split=plan.split_settings(),
        folds=plan.folds_content(),
        code=code("corpus/split.py", plan.split_scheme()),
    message:
        "Divide the utterances of fold {wildcards.fold} into training, development and test"
    script:
        "../workflow_scripts/corpus/split.py"
