import copy
import math
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from emofusion.config.differences import differing_settings
from emofusion.config.loading import load_config, merge, read_yaml
from emofusion.corpora import Corpus
from emofusion.errors import DataError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def raw(tmp_path):
    """config.yaml with data that exist."""
    (tmp_path / "glove.txt").write_text(f"the{' 0.1' * 300}\n")
    (tmp_path / "Session1").mkdir()
    content = yaml.safe_load((ROOT / "config.yaml").read_text())
    return content | {"corpus": str(tmp_path), "glove": str(tmp_path / "glove.txt")}


def message(raw):
    with pytest.raises(DataError) as error:
        load_config(raw)
    return str(error.value)


def test_the_committed_config_is_the_paper_s_protocol_in_full(raw):
    config = load_config(raw)
    repeats = len(config.folds) * len(config.seeds)
    own = [system for system in config.table1_systems() if system[0] in ("self", "cross")]
    assert len(own) * repeats == 550  # eleven systems, five folds, ten seeds
    assert len(config.systems()) * repeats == 1250  # with the baselines and Table 2
    assert (config.training.learning_rate, config.training.batch_size) == (1e-3, 32)
    assert config.switch("dtype") == "float32"


def test_audio_frames_are_those_that_fit_unless_a_configuration_is_older_than_the_choice(raw):
    assert load_config(raw).audio_framing() == {
        "sample_rate": 16000,
        "frame_seconds": 0.025,
        "step_seconds": 0.01,
        "edges": "whole",
    }
    del raw["features"]["audio"]["edges"]
    assert load_config(raw).features.audio.edges == "padded"
    raw["features"]["audio"] = str(Path(raw["glove"]))  # one's own features are not cut here
    assert load_config(raw).audio_framing() is None


def test_cross_attention_is_run_where_there_are_two_modalities(raw):
    systems = load_config(raw).systems()
    assert [modalities for model, modalities in systems if model == "cross"] == [
        "tv",
        "ta",
        "va",
        "tva",
    ]


def test_released_sets_the_three_switches_and_each_can_be_overridden(raw):
    config = load_config(raw | {"protocol": "released", "dtype": "float32"})
    names = ("text_dropout", "standardize_audio", "dtype")
    assert [config.switch(name) for name in names] == [0.25, False, "float32"]


def test_a_model_may_have_another_loss_and_none_given_is_softmax(raw):
    config = load_config(
        merge([raw, {"model_settings": {"mdre": {"training": {"loss": "sigmoid"}}}}])
    )
    assert (config.training_of("mdre")["loss"], config.training_of("amh")["loss"]) == (
        "sigmoid",
        "softmax",
    )
    del raw["training"]["loss"]
    assert load_config(raw).training.loss == "softmax"


def test_only_modalities_that_a_system_uses_count(raw):
    assert load_config(raw | {"modalities": ["a", "ta"], "table2": []}).used_modalities() == "ta"


def test_a_laboratory_without_videos_needs_none(raw):
    config = load_config(raw | {"modalities": ["t", "a", "ta"]})
    assert config.raw_modalities() == "ta"
    assert ("self_cross", "ta") in config.table2_systems()
    assert "cross_matched" not in dict(config.table2_systems())  # it has three modalities alone


def test_own_audio_still_needs_wav_files_where_a_model_reads_prosody(raw, tmp_path):
    (tmp_path / "own.h5").touch()
    own = raw["features"] | {"audio": str(tmp_path / "own.h5")}
    assert load_config(raw | {"features": own}).raw_modalities() == "tva"
    assert load_config(raw | {"features": own | {"prosody": False}}).raw_modalities() == "tv"


@pytest.mark.parametrize(
    ("change", "key"),
    [({"method": "improvised"}, "method"), ({"splits": {"unseen_lines": True}}, "splits.unseen")],
)
def test_what_prepared_folds_cannot_be_asked_for_is_refused(raw, change, key):
    text = message(merge([raw, {"source": "yoon"}, change]))
    assert f"{key}" in text
    assert "the prepared folds (source: prepared) have" in text


def test_a_model_s_own_settings_take_the_place_of_the_shared_ones(raw):
    own = {"training": {"learning_rate": 0.01}, "sizes": {"heads": 3}}
    config = load_config(raw | {"model_settings": {"self": own}})
    assert config.training_of("self") == config.training_of("cross") | {"learning_rate": 0.01}
    assert config.sizes_of("self") == config.architecture.model_dump() | {"heads": 3}


def test_the_baselines_have_none_of_the_paper_s_sizes(raw):
    config = load_config(raw)
    assert config.sizes_of("mcsan") == {"width": 128, "heads": 8, "dropout": 0.1}
    assert config.training_of("mdre")["clip_value"] == 10
    assert config.training_of("amh")["plateau_patience"] is None


def test_prosody_needs_its_package_where_a_model_reads_it(raw, monkeypatch):
    monkeypatch.setattr("emofusion.config.checks.find_spec", lambda name: None)
    text = message(raw)
    assert "features.prosody: mdre reads it" in text
    assert "pip install 'emofusion[prosody]'" in text
    load_config(raw | {"features": raw["features"] | {"prosody": False}})
    load_config(raw | {"models": ["self"]})


def test_a_typo_names_the_nearest_key_at_its_place(raw):
    broken = copy.deepcopy(raw)
    broken["training"]["learning_rte"] = broken["training"].pop("learning_rate")
    text = message(broken)
    assert "training.learning_rte is not a known key; did you mean learning_rate?" in text
    assert "training.learning_rate is missing" in text


def test_all_errors_are_listed_at_once_with_the_values_found(raw):
    broken = copy.deepcopy(raw)
    broken["architecture"]["attention_dropout"] = 1.5
    broken["splits"]["scheme"] = "publised"
    text = message(broken)
    assert "architecture.attention_dropout" in text
    assert "1.5" in text
    assert "splits.scheme" in text
    assert "'publised'" in text


def test_a_number_written_as_text_in_yaml_is_read_as_a_number(raw):
    broken = copy.deepcopy(raw)
    broken["training"]["learning_rate"] = yaml.safe_load("1e-4")  # YAML 1.1 reads a string
    assert load_config(broken).training.learning_rate == 1e-4


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"models": ["slef"]}, "models: slef is not a known model; did you mean self?"),
        ({"folds": [1, 6]}, "folds: [6] found, but splits.n_folds is 5"),
        ({"seeds": [1, 1]}, "seeds: each value may occur only once, found [1, 1]"),
        ({"corpus": None}, "make demo"),
        ({"corpus": "/no/such/folder"}, "/no/such/folder: no IEMOCAP release here"),
        ({"labels": ["ang", "nue"]}, "labels: nue is not a label; did you mean neu?"),
        ({"labels": ["hap", "hap+exc"]}, "labels: a label belongs to one class, found more"),
        ({"source": "yoon"}, "no prepared folds here"),
        ({"glove": None}, "glove: the word vectors are not set"),
        ({"glove": "/no/such/file"}, "glove: there is no file /no/such/file"),
        ({"models": ["cross"], "modalities": ["a"], "table2": []}, "model is defined on a"),
        ({"model_files": ["/no/such/model.py"]}, "model_files: /no/such/model.py: cannot be read"),
        ({"seeds": [2**32]}, "seeds.0: Input should be less than 4294967296, found 4294967296"),
        ({"checkpoint_seconds": math.inf}, "checkpoint_seconds: Input should be a finite number"),
        (
            {"model_settings": {"mdre": {"sizes": {"text_keep": math.nan}}}},
            "model_settings.mdre.sizes.text_keep: Input should be a finite number, found nan",
        ),
        ({"table2": ["men"]}, "table2: men is not a known model; did you mean mean?"),
        (
            {"model_settings": {"mdre": {"sizes": {"text_kep": 0.5}}}},
            "model_settings.mdre.sizes.text_kep is not a known key; did you mean text_keep?",
        ),
        (
            {"model_settings": {"self": {"sizes": {"hidden": 8.5}}}},
            "model_settings.self.sizes.hidden: found 8.5, expected a whole number",
        ),
        (
            {"model_settings": {"self": {"training": {"lerning_rate": 0.1}}}},
            "model_settings.self.training.lerning_rate is not a known key; did you mean learning",
        ),
        (
            {"model_settings": {"self": {"training": {"loss": "hinge"}}}},
            "model_settings.self.training.loss: Input should be 'softmax', 'sigmoid' or 'soft'",
        ),
        (
            {"model_settings": {"self": {"training": {"learning_rate": -1}}}},
            "model_settings.self.training.learning_rate: Input should be greater than 0",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_key(raw, change, expected):
    assert expected in message(raw | change)


def test_a_loss_of_votes_needs_a_corpus_with_raters(raw):
    soft = {"model_settings": {"self": {"training": {"loss": "soft"}}}}
    assert load_config(merge([raw, soft])).training_of("self")["loss"] == "soft"
    other = {"label_column": "topic"}
    assert (
        "training.loss: soft (for self) needs the votes of single annotators, but IEMOCAP has none "
        "for its labels (label_column: topic); it has those of label: set label_column to one"
    ) in message(merge([raw, soft, other]))
    prepared = {"source": "prepared", "splits": {"scheme": "published"}}
    assert "has none for its labels (label_column: label); use softmax" in message(
        merge([raw, soft, prepared])
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "glove.txt: is empty"),
        ("the 0.1 0.2\n", "line 1: a vector of 2 numbers, expected 300"),
        ("version https://git-lfs.github.com/spec/v1\n", "is a Git-LFS pointer"),
        (f"the{' 0.1' * 300}\ndo{' 0.1' * 299}\n", "line 2: a vector of 299 numbers"),
        (f"the{' 0.1' * 300}\ndo 0.1", "its last line is not a word and 300 numbers"),
    ],
)
def test_a_file_without_word_vectors_is_a_problem_of_the_configuration(raw, content, expected):
    Path(raw["glove"]).write_text(content)
    text = message(raw | {"corpus": None})
    assert re.search(rf"^  glove: .*{expected}", text, re.M)
    assert "corpus: the folder of IEMOCAP is not set" in text


def test_a_folder_in_place_of_word_vectors_is_named(raw, tmp_path):
    assert "Is a directory), it holds glove.txt" in message(raw | {"glove": str(tmp_path)})


def test_the_least_coverage_has_a_default_and_may_be_switched_off(raw):
    text = raw["features"]["text"]
    assert text.pop("min_coverage") == 0.8
    assert load_config(raw).features.text.min_coverage == 0.8
    for value in (None, 0, 0.5, 1):
        given = merge([raw, {"features": {"text": {"min_coverage": value}}}])
        assert load_config(given).features.text.min_coverage == value
    for value in (-0.1, 80, "much"):
        broken = merge([raw, {"features": {"text": {"min_coverage": value}}}])
        assert "features.text.min_coverage" in message(broken)


def test_features_that_were_made_with_less_coverage_are_refused(raw, tmp_path):
    (tmp_path / "features").mkdir()
    manifest = tmp_path / "features/text.json"
    manifest.write_text('{"attributes": {"tokens": 1000, "tokens_missing": 300}}')
    at_hand = raw | {"results": str(tmp_path)}
    text = message(at_hand)
    assert "features.text.min_coverage: 0.8 of the tokens must have a vector" in text
    assert f"{manifest} was made with 0.700. Delete that file" in text
    load_config(merge([at_hand, {"features": {"text": {"min_coverage": 0.7}}}]))
    load_config(at_hand | {"modalities": ["a"], "table2": []})
    manifest.write_text('{"attributes": {"extractor": "of the user"}}')
    load_config(at_hand)


def with_splits(raw, **changes):
    return raw | {"splits": raw["splits"] | changes}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"scheme": "session", "n_folds": 10},
            "splits.n_folds: found 10; the scheme session has 5",
        ),
        ({"scheme": "speaker"}, "splits.n_folds: found 5; the scheme speaker has 10"),
        (
            {"scheme": "session", "development": "partner"},
            "splits.n_folds: found 5; the scheme session has 10",
        ),
        (
            {"scheme": "speaker", "development": "partner", "n_folds": 10},
            "splits.development: found partner, expected for the scheme speaker: session, random",
        ),
    ],
)
def test_splits_that_do_not_go_together_are_refused(raw, changes, expected):
    assert expected in message(with_splits(raw, **changes))


def test_one_s_own_features_need_neither_the_corpus_files_nor_an_extractor(raw, tmp_path):
    (tmp_path / "own.h5").touch()
    own = raw["features"] | {"text": str(tmp_path / "own.h5")}
    config = load_config(raw | {"features": own, "glove": None})
    assert config.own_features() == {"text": str(tmp_path / "own.h5")}
    assert config.raw_modalities() == "va"
    assert "there is no file none.h5" in message(
        raw | {"features": raw["features"] | {"audio": "none.h5"}}
    )


def test_a_file_that_the_workflow_would_replace_is_not_taken_for_one_s_own_features(raw, tmp_path):
    own = tmp_path / "features/audio.h5"
    own.parent.mkdir()
    own.touch()
    given = raw | {"results": str(tmp_path), "features": raw["features"] | {"audio": str(own)}}
    assert f"features.audio: the workflow itself writes {own}" in message(given)


def test_a_typo_in_an_extractor_s_settings_is_told_at_its_key(raw):
    broken = copy.deepcopy(raw)
    broken["features"]["audio"]["n_mfc"] = broken["features"]["audio"].pop("n_mfcc")
    text = message(broken)
    assert "features.audio.n_mfc is not a known key; did you mean n_mfcc?" in text
    assert "features.audio.n_mfcc is missing" in text


def test_heads_that_do_not_divide_the_width_are_refused(raw):
    broken = copy.deepcopy(raw)
    broken["architecture"]["heads"] = 7
    assert "architecture.heads: must divide" in message(broken)


def test_a_corpus_that_is_not_set_is_told_along_with_other_errors(raw):
    text = message(raw | {"corpus": None, "sedes": [1]})
    assert "sedes is not a known key; did you mean seeds?" in text
    assert "corpus: the folder of IEMOCAP is not set" in text


def test_a_file_with_weights_must_be_there(raw):
    broken = copy.deepcopy(raw)
    broken["features"]["vision"]["weights"] = "/no/such/resnet101.pth"
    assert "features.vision.weights: there is no file /no/such/resnet101.pth" in message(broken)


def test_a_list_in_place_of_a_module_s_configuration_is_named(raw):
    with pytest.raises(DataError, match=r"configuration: found \[1\], expected keys with values"):
        merge([raw, [1]])


def test_a_file_in_place_of_the_results_folder_is_refused(raw, tmp_path):
    (tmp_path / "results").touch()
    text = message(raw | {"results": str(tmp_path / "results")})
    assert "but that is a file; name a folder for the results" in text


def test_a_folder_in_place_of_one_s_own_features_is_named(raw, tmp_path):
    features = raw["features"] | {"audio": str(tmp_path)}
    assert f"features.audio: {tmp_path} is a folder; name" in message(raw | {"features": features})


def test_a_slash_at_the_end_of_the_results_folder_does_no_harm(raw):
    assert load_config(raw | {"results": "out/"}).results == "out"


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ("run{1}", "results: found 'run{1}', but { } have a meaning in Snakemake's paths"),
        ("a/<results>", "< > have a meaning"),
        ("a\nb", "line breaks, tabs and blanks at its ends"),
        (" ", "line breaks, tabs and blanks at its ends"),
        ("~/results", "write the path in full"),
        ("$SCRATCH/results", "write the path in full"),
        ("./", "results need a separate folder"),
        ("", "results: String should have at least 1 character"),
    ],
)
def test_a_results_folder_that_rules_cannot_name_is_refused(raw, results, problem):
    assert problem in message(raw | {"results": results})


def test_each_variant_in_the_docs_has_a_results_folder_of_its_own():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/extend.md").read_text(), re.S)
    variants = [block.get("emofusion", block) for block in map(yaml.safe_load, blocks)]
    folders = {variant["results"] for variant in variants}
    assert len(folders | {"results"}) == len(blocks) + 1


def test_packages_are_pinned_once_and_alike():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    direct = [*project["dependencies"], *(name for extra in extras.values() for name in extra)]
    pinned = (ROOT / "envs/constraints.txt").read_text().lower().splitlines()
    assert [package for package in direct if package.lower() not in pinned] == []


def test_word_vectors_are_not_asked_for_without_text(raw):
    load_config(raw | {"glove": None, "modalities": ["a", "v", "va"], "table2": []})


@pytest.mark.parametrize(
    "overlay", sorted((ROOT / "protocols").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_overlay_holds_only_keys_that_differ_and_its_own_results_folder(
    overlay, raw, monkeypatch
):
    monkeypatch.setattr(Corpus, "find", lambda corpus, given: given)
    monkeypatch.setattr(Corpus, "columns", lambda corpus, given: None)
    monkeypatch.setattr(Corpus, "count_differences", lambda corpus, given: ())
    changes = yaml.safe_load(overlay.read_text())
    base = yaml.safe_load((ROOT / "config.yaml").read_text())

    def merge(onto, extra):
        for key, value in extra.items():
            if isinstance(value, dict):
                merge(onto.setdefault(key, {}), value)
            else:
                assert onto.get(key) != value, f"{key} is the same as in config.yaml"
                onto[key] = value

    merged = copy.deepcopy(raw)
    merge(merged, changes)
    assert load_config(merged).results == f"{base['results']}/{overlay.stem}"


def test_the_paper_s_protocol_differs_from_itself_in_nothing(raw):
    assert differing_settings(load_config(raw), read_yaml(ROOT / "config.yaml")) == []


def test_settings_of_the_science_that_differ_from_the_paper_s_are_listed_by_section(raw, tmp_path):
    own = tmp_path / "mine.h5"
    own.write_bytes(b"")
    changed = merge(
        [
            raw,
            {
                "protocol": "released",
                "folds": [1, 2],
                "device": "cpu",
                "seeds_per_job": 2,
                "models": ["self"],
                "table2": [],
                "features": {"audio": str(own), "text": {"max_length": 64, "min_coverage": 0.9}},
                "model_settings": {
                    "mdre": {"lengths": {"audio": 10}},
                    "self": {"sizes": {"hidden": 30}},
                },
            },
        ]
    )
    assert differing_settings(load_config(changed), read_yaml(ROOT / "config.yaml")) == [
        "protocol released (paper), text_dropout 0.25 (0), standardize_audio false (true), "
        "dtype float64 (float32), folds 1 2 (1 2 3 4 5)",
        "features: audio from the user's own file",
        "features.text: max_length 64 (128)",
        "model_settings.self.sizes: hidden 30 (default)",
    ]


EXTENSION = str(ROOT / "tests/extensions/mine.py")


def changed(raw, **changes):
    return merge([raw, changes])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"source": "iemocup"}, "source: 'iemocup' is not known; did you mean iemocap?"),
        ({"splits": {"scheme": "sesion"}}, "splits.scheme: 'sesion' is not known; did you mean s"),
        ({"splits": {"scheme": "halves"}}, "splits.scheme: 'halves' is not known; known are"),
        ({"extensions": ["no.py"]}, "extensions: no.py: cannot be read"),
        (
            {"features": {"audio": {"extractor": "level"}}, "extensions": [EXTENSION]},
            "features.audio: 'level' is not known; did you mean levels?",
        ),
        (
            {
                "features": {"audio": {"extractor": "levels", "settings": {"frame": 3}}},
                "extensions": [EXTENSION],
            },
            "features.audio.settings.frame is not a known key; did you mean frames?",
        ),
        (
            {"features": {"text": {"extractor": "levels"}}, "extensions": [EXTENSION]},
            "features.text: levels is an extractor of audio",
        ),
        ({"training": {"select_on": "kapa"}}, "training.select_on: 'kapa' is not known"),
        ({"modalities": ["tva", "at"]}, "modalities: 'at' is not a set of modalities"),
        ({"modalities": ["tm"]}, "modalities: 'tm' is not a set of modalities"),
        (
            {"further_modalities": {"m": {"name": "motion", "file": "no.h5"}}, "modalities": ["m"]},
            "further_modalities.m.file: there is no file no.h5",
        ),
        (
            {"further_modalities": {"v": {"name": "motion", "file": "no.h5"}}},
            "further_modalities.v: v is vision; choose another letter",
        ),
        (
            {"further_modalities": {"m": {"name": "audio", "file": "no.h5"}}},
            "further_modalities.m.name: audio is already used",
        ),
        ({"model_settings": {"self": {"lengths": {"motion": 5}}}}, "lengths.motion is not a known"),
    ],
)
def test_names_that_nothing_defines_are_refused_with_the_nearest(raw, changes, expected):
    assert expected in message(changed(raw, **changes))


def test_names_and_values_are_wrong_together_in_one_message(raw):
    text = message(changed(raw, source="iemocup", seeds=[-1], modalities=["vt"]))
    for key in ("source", "seeds.0", "modalities"):
        assert f"  {key}: " in text


def test_an_extension_s_names_can_be_configured(raw):
    given = {
        "extensions": [EXTENSION],
        "splits": {"scheme": "halves", "n_folds": 2},
        "folds": [1, 2],
        "features": {"audio": {"extractor": "levels", "settings": {"frames": 8}}},
        "training": {"select_on": "kappa"},
    }
    config = load_config(changed(raw, **given))
    assert config.features.audio.own_settings() == {"frames": 8}
    assert config.features.audio.max_length is None  # not that of the MFCC
    assert "features: audio levels with frames 8 (MFCC)" in differing_settings(config, raw)


def test_a_further_modality_is_on_every_set_of_the_paper_s_models(raw, tmp_path):
    (tmp_path / "motion.h5").touch()
    motion = {"name": "motion", "file": str(tmp_path / "motion.h5")}
    given = {"modalities": ["m", "tm", "tvam"], "models": ["self", "cross", "amh"]}
    given |= {"further_modalities": {"m": motion}, "table2": ["cross_matched", "mcsan"]}
    config = load_config(changed(raw, **given))
    assert config.table1_systems() == [
        ("self", "m"), ("self", "tm"), ("self", "tvam"), ("cross", "tm"), ("cross", "tvam"),
    ]  # fmt: skip
    assert config.table2_systems() == [("cross_matched", "tvam"), ("mcsan", "ta")]
    assert config.used_modalities() == "tvam"
    assert config.raw_modalities() == "tva"  # the corpus needs no file of it
    assert config.own_features() == {"motion": motion["file"]}


def test_the_prepared_folds_are_also_known_by_their_former_name(raw):
    for name in ("yoon", "prepared"):
        assert f"corpus: {raw['corpus']}: no prepared folds" in message(changed(raw, source=name))


def test_labels_and_columns_that_a_table_lacks_are_named_before_any_job(tmp_path):
    corpus = tmp_path / "corpus.csv"
    corpus.write_text("utterance_id,label,mood,speaker\na,glad,up,1\nb,sad,,2\nc,glad,down,3\n")
    given = {
        "source": "table", "corpus": str(corpus), "modalities": ["a"], "models": ["self"],
        "table2": [], "expected_counts": None, "splits": {"scheme": "random"},
    }  # fmt: skip
    raw = merge([read_yaml(ROOT / "config.yaml"), given, {"splits": {"development": "random"}}])

    def said(**changes):
        with pytest.raises(DataError) as error:
            load_config(raw | changes)
        return str(error.value)

    assert f"{corpus} has the label happy; found: glad 2, sad 1" in said(
        labels=["happy+glad", "sad"]
    )
    moods = said(labels=["glad", "up"], label_column="mood")
    assert "has the label glad; found: up 1, down 1" in moods
    assert "label_column: moods is not a column; did you mean mood?" in said(label_column="moods")
    load_config(raw | {"labels": ["glad", "sad"]})


def test_a_primary_endpoint_needs_runs_of_both_models(raw):
    primary = {"models": ["self", "cross"], "modalities": "a", "metric": "accuracy"}
    with pytest.raises(
        DataError, match=r"statistics\.primary: cross is not run on a; it is run on t"
    ):
        load_config(merge([raw, {"statistics": {"primary": primary}}]))
    declared = load_config(
        merge([raw, {"statistics": {"primary": primary | {"modalities": "ta"}}}])
    )
    assert declared.statistics.compared()["primary"]["metric"] == "accuracy"
    assert differing_settings(declared, read_yaml(ROOT / "config.yaml")) == []
