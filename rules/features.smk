"""Selected utterances -> one feature file a modality, and a small manifest that training depends on.

Sound and pictures are extracted session by session. Words are not: most of that job is reading the word vectors.
"""


rule audio:
    input:
        selected="<results>/shards/session{session}/selected.csv",
    output:
        features="<results>/shards/session{session}/audio.h5",
        manifest="<results>/shards/session{session}/audio.json",
    log:
        "<results>/logs/audio/session{session}.log",
    benchmark:
        "<results>/benchmarks/audio/session{session}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(2, "h"),
    params:
        root=corpus_root,
        content=session_content("a"),
        audio=plan.extractor_settings("audio"),
        code=code("audio.py"),
    message:
        "Extract MFCC and their derivatives of session {wildcards.session}"
    script:
        "../workflow_scripts/audio.py"


rule vision:
    input:
        selected="<results>/shards/session{session}/selected.csv",
    output:
        features="<results>/shards/session{session}/vision.h5",
        manifest="<results>/shards/session{session}/vision.json",
    log:
        "<results>/logs/vision/session{session}.log",
    benchmark:
        "<results>/benchmarks/vision/session{session}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: 8
    resources:
        gpu=GPUS,
        mem=growing(4, "GB"),
        runtime=growing(12, "h"),
    params:
        root=corpus_root,
        content=session_content("v"),
        weights=vision_weights,
        device=run_device,
        vision=vision_settings,
        code=code("vision.py"),
    message:
        "Extract ResNet features of the speaker's half frame, session {wildcards.session}"
    script:
        "../workflow_scripts/vision.py"


rule prosody:
    input:
        selected="<results>/shards/session{session}/selected.csv",
    output:
        features="<results>/shards/session{session}/prosody.h5",
        manifest="<results>/shards/session{session}/prosody.json",
    log:
        "<results>/logs/prosody/session{session}.log",
    benchmark:
        "<results>/benchmarks/prosody/session{session}.tsv"
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(2, "h"),
    params:
        root=corpus_root,
        content=session_content("a"),
        code=code("prosody.py"),
    message:
        "Extract prosodic functionals of session {wildcards.session}"
    script:
        "../workflow_scripts/prosody.py"


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
        modality="audio|vision|prosody",
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(1, "GB"),
        runtime=growing(10, "m"),
    params:
        code=code("join.py"),
    message:
        "Join the sessions' features of {wildcards.modality}"
    script:
        "../workflow_scripts/join.py"


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
    conda:
        "../envs/environment.yaml"
    resources:
        mem=growing(2, "GB"),
        runtime=growing(1, "h"),
    params:
        glove=glove_path,
        content=glove_content,
        text=plan.extractor_settings("text"),
        min_coverage=min_coverage,
        code=code("text.py"),
    message:
        "Look up the word vectors"
    script:
        "../workflow_scripts/text.py"


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
        file=own_file,
        content=own_content,
        code=code("adopt.py"),
    message:
        "Take over the given features of {wildcards.modality}"
    script:
        "../workflow_scripts/adopt.py"


# One's own features take the place of those that are made here.
ruleorder: adopt > join > text
