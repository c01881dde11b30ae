"""What a reader must keep in mind, from rows of the result files."""

from emofusion.reporting.question import PAPER_QUESTION, main_pair, question
from emofusion.reporting.reservations import reservations

ABOUT = {"source": "mine", "printed": False, "unlike_paper": []}
FLOORS = [
    {"floor": "majority", "modalities": "", "balanced_accuracy": "0.25"},
    {"floor": "lengths", "modalities": "a", "balanced_accuracy": "0.30"},
    {"floor": "lengths", "modalities": "a", "balanced_accuracy": "0.36"},
    {"floor": "lengths", "modalities": "tva", "balanced_accuracy": "0.90"},
]


def run(seed=1, recall="0.5", early="True", model="self"):
    key = {"model": model, "modalities": "a", "fold": "1", "seed": str(seed)}
    return key | {"balanced_accuracy": recall, "stopped_early": early}


def shared(speaker="0.0", audio="0.0", fold="1", partition="test"):
    return {"fold": fold, "partition": partition, "speaker": speaker, "audio": audio}


def found(runs=(), leakage=(), missing=0, **about):
    given = {"runs": list(runs), "floors": FLOORS, "leakage": list(leakage), "missing": missing}
    return list(reservations(ABOUT | about, **given))


def test_a_complete_run_on_new_speakers_of_the_paper_s_corpus_has_no_reservation():
    runs = [run(seed) for seed in range(50)]
    assert found(runs, [shared()], source="iemocap", printed=True) == []


def test_the_number_of_runs_is_compared_with_the_paper_on_its_corpora_only():
    runs = [run(1), run(2), run(1, model="mean")]
    (one,) = found(runs, [shared()], printed=True)
    assert one.statement == "1 to 2 runs per system; the paper has 50."
    assert found(runs, [shared()]) == []


def test_settings_and_missing_runs_are_named():
    settings, missing = found(missing=3, unlike_paper=["dtype float64 (float32)"])
    assert "dtype float64 (float32)" in settings.details
    assert missing.statement == "3 configured runs missing."


def test_known_speakers_are_told_with_the_largest_share_of_a_fold():
    (one,) = found(leakage=[shared("0.25"), shared("0.5", fold="2"), shared("1", partition="dev")])
    assert one.statement.startswith("Known speakers")
    assert "up to 50 %" in one.details


def test_a_corpus_that_does_not_know_its_speakers_says_so():
    (one,) = found(leakage=[shared(speaker="")])
    assert one.statement == "Speakers are not known."


def test_equal_audio_in_training_and_test_is_told():
    rows = [shared(audio="0.004"), shared(audio="0", fold="2"), shared(audio="", fold="3")]
    (one,) = found(leakage=rows)
    assert one.statement == (
        "Equal audio in training and test: 0.4 % of the test utterances of fold 1."
    )


def test_runs_that_ended_at_a_bound_are_counted_by_system():
    runs = [run(1, early="False"), run(2, early="False"), run(1, model="mean"), run(3, early="")]
    (one,) = found(runs)
    assert one.statement.startswith("2 of 4 runs ended at max_epochs or max_steps")
    assert one.details.endswith("Self A 2.")


def test_a_system_below_the_floor_of_its_modalities_is_named():
    runs = [run(1, "0.32"), run(2, "0.34"), run(1, "0.34", model="mean")]
    (one,) = found(runs)
    # The classifier of the lengths of audio reaches (.30 + .36) / 2.
    assert one.statement == "Not above a floor: 1 system."
    assert "Self A .330 against .330" in one.details
    assert "Mean" not in one.details


def test_the_paper_s_question_is_asked_only_where_self_and_cross_share_modalities():
    assert question([("self", "ta"), ("cross", "ta"), ("self", "a")]) == PAPER_QUESTION
    text = question([("self", "a"), ("mean", "a"), ("cross", "tv")])
    assert text == "Emotion recognition from text and vision: Self, Mean (no attention) and Cross"
    many = question([(model, "a") for model in ("self", "mean", "x", "y")])
    assert many == "Emotion recognition from audio: Self, Mean (no attention) and 2 more models"


def test_the_main_pair_is_self_and_cross_else_the_first():
    rows = [{"model_a": "mine", "model_b": "self"}, {"model_a": "self", "model_b": "cross"}]
    assert main_pair(rows) == ("self", "cross")
    assert main_pair(rows[:1]) == ("mine", "self")
    assert main_pair([]) is None
