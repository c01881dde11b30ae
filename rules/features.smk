"""Selected utterances -> one feature file a modality, and a small manifest that training depends on."""


rule audio:
    input:
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/audio.h5",
        manifest="<results>/features/audio.json",
    log:
        "<results>/logs/audio.log",
    benchmark:
        "<results>/benchmarks/audio.tsv"
    resources:
        mem="2GB",
        runtime="2h",
    params:
        root=corpus_root,
        content=corpus_content,
        audio=extractor_settings("audio"),
        code=code("audio.py"),
    message:
        "Extract MFCC and their derivatives"
    script:
        "../workflow_scripts/audio.py"


rule vision:
    input:
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/vision.h5",
        manifest="<results>/features/vision.json",
    log:
        "<results>/logs/vision.log",
    benchmark:
        "<results>/benchmarks/vision.tsv"
    threads: 8
    resources:
        gpu=1,
        mem="4GB",
        runtime="12h",
    params:
        root=corpus_root,
        content=corpus_content,
        weights=vision_weights,
        device=run_device,
        vision=vision_settings,
        code=code("vision.py"),
    message:
        "Extract ResNet features of the speaker's half frame"
    script:
        "../workflow_scripts/vision.py"


rule text:
    input:
        glove_file,
        selected="<results>/corpus/selected.csv",
    output:
        features="<results>/features/text.h5",
        manifest="<results>/features/text.json",
    log:
        "<results>/logs/text.log",
    benchmark:
        "<results>/benchmarks/text.tsv"
    resources:
        mem="2GB",
        runtime="1h",
    params:
        glove=glove_path,
        content=glove_content,
        text=extractor_settings("text"),
        code=code("text.py"),
    message:
        "Look up the word vectors"
    script:
        "../workflow_scripts/text.py"
