"""The mixed model, compared with statsmodels and with values by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from emofusion.evaluation.random_effects import fit

SPEAKERS, SETS, FOLDS = 10, 4, 5
SPEAKER = np.repeat(np.arange(SPEAKERS), SETS)
SET = np.tile(np.arange(SETS), SPEAKERS)
FOLD = SPEAKER % FOLDS
GROUPS = {"set": SET, "speaker": SPEAKER, "fold": FOLD}
NOTHING = np.zeros((len(SPEAKER),) * 2)


def values(seed, of_set=1.0, of_speaker=2.0, of_fold=1.0, rest=1.0):
    rng = np.random.default_rng(seed)
    found = 1 + rng.normal(0, of_set, SETS)[SET] + rng.normal(0, of_speaker, SPEAKERS)[SPEAKER]
    return found + rng.normal(0, of_fold, FOLDS)[FOLD] + rng.normal(0, rest, len(SPEAKER))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_variances_mean_error_and_effects_are_those_of_statsmodels(seed):
    y = values(seed)
    found = fit(y, GROUPS, NOTHING)
    table = pd.DataFrame({"y": y, "one": 1, **GROUPS})
    formula = {name: f"0 + C({name})" for name in GROUPS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sm.MixedLM.from_formula("y ~ 1", groups="one", vc_formula=formula, data=table)
        other = model.fit(reml=True)
    expected = dict(zip(model.exog_vc.names, other.vcomp, strict=True)) | {"residual": other.scale}
    for name, variance in expected.items():
        assert found.variances[name] == pytest.approx(variance, rel=0.02, abs=0.01)
    assert found.mean == pytest.approx(other.fe_params["Intercept"], abs=1e-3)
    assert found.error == pytest.approx(other.bse_fe["Intercept"], rel=0.01)
    effects = other.random_effects[1]
    for number in range(SETS):
        ours, _ = found.effects["set"][str(number)]
        assert ours == pytest.approx(effects[f"set[C(set)[{number}]]"], abs=2e-3)


def test_without_effects_the_mean_and_its_error_are_the_ordinary_ones():
    y = np.array([1.0, 2.0, 3.0, 6.0])
    found = fit(y, {}, np.zeros((4, 4)))
    assert found.mean == pytest.approx(3)
    assert found.error**2 == pytest.approx(y.var(ddof=1) / 4, rel=1e-4)
    assert found.freedom() == pytest.approx(3)


def test_known_errors_weigh_the_values_and_leave_nothing_to_estimate_where_they_explain_all():
    y, errors = np.array([0.0, 0.3]), np.array([1.0, 3.0])
    found = fit(y, {}, np.diag(errors))
    assert found.variances["residual"] == pytest.approx(0, abs=1e-6)
    assert found.mean == pytest.approx((0 / 1 + 0.3 / 3) / (1 / 1 + 1 / 3), abs=1e-6)
    assert found.error**2 == pytest.approx(1 / (1 / 1 + 1 / 3), rel=1e-4)
    assert found.freedom() > 1e6


def test_components_that_cannot_be_told_apart_are_left_out():
    alone = {
        "speaker": SPEAKER,
        "same": SPEAKER + 7,
        "each": np.arange(len(SPEAKER)),
        "one": 0 * SET,
    }
    found = fit(values(1), alone, NOTHING)
    assert list(found.variances) == ["speaker", "residual"]
