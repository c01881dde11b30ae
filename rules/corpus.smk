"""Raw corpus -> utterance table -> selected utterances -> folds."""

if SYNTHETIC:

    rule synthesize:
        output:
            session=directory(f"{RELEASE}/Session{{session}}"),
        log:
            "<results>/logs/synthesize/session{session}.log",
        benchmark:
            "<results>/benchmarks/synthesize/session{session}.tsv"
        resources:
            mem="1GB",
            runtime="30m",
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
        resources:
            mem="1GB",
            runtime="10m",
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
        corpus_files,
    output:
        utterances="<results>/corpus/utterances.csv",
    log:
        "<results>/logs/parse.log",
    benchmark:
        "<results>/benchmarks/parse.tsv"
    resources:
        mem="1GB",
        runtime="30m",
    params:
        root=corpus_root,
        content=corpus_content,
        code=code("parse.py"),
    message:
        "Read labels, times and transcripts of the release"
    script:
        "../workflow_scripts/parse.py"


rule probe:
    input:
        utterances="<results>/corpus/utterances.csv",
    output:
        selected="<results>/corpus/selected.csv",
        exclusions="<results>/corpus/exclusions.csv",
    log:
        "<results>/logs/probe.log",
    benchmark:
        "<results>/benchmarks/probe.tsv"
    resources:
        mem="1GB",
        runtime="1h",
    params:
        root=corpus_root,
        content=corpus_content,
        probe={"labels": settings.labels, "modalities": settings.used_modalities()},
        code=code("probe.py"),
    message:
        "Decide which utterances are used: label, transcript, audio and video frames"
    script:
        "../workflow_scripts/probe.py"


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
    resources:
        mem="1GB",
        runtime="10m",
    params:
        split={"labels": settings.labels, **settings.splits.model_dump()},
        code=code("split.py"),
    message:
        "Divide the utterances of fold {wildcards.fold} into training, development and test"
    script:
        "../workflow_scripts/split.py"
