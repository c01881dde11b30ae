"""A linear mixed model with crossed random effects and known errors, by REML.

    y = mean + effect of each group of each component + residual + error

`known` is the covariance of the errors, which is given (a meta-analysis within a mixed model);
the variances of the components and of the residual are estimated. Searle, Casella and McCulloch,
"Variance Components" (1992), chapters 6 (REML) and 7 (prediction).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize

RESIDUAL = "residual"


@dataclass(frozen=True)
class Fit:
    """An estimated model.

    Attributes:
        variances: {component: its variance}, and that of the residual; 0 is possible.
        mean: the estimated mean.
        error: its standard error.
        parts: {component: (what it adds to the square of that error, its degrees of freedom)}
        effects: {component: {group: (predicted effect, mean square error of mean + effect)}}
    """

    variances: dict[str, float]
    mean: float
    error: float
    parts: dict[str, tuple[float, int]]
    effects: dict[str, dict[str, tuple[float, float]]]

    def freedom(self, without: str = "") -> float:
        """Degrees of freedom of the error of the mean, by Welch and Satterthwaite.

        Known errors have infinitely many.

        Args:
            without: a component that the error does not include.
        """
        parts = {name: part for name, part in self.parts.items() if name != without}
        left_out = self.parts[without][0] if without in self.parts else 0.0
        uncertain = sum(part**2 / df for part, df in parts.values())
        return (self.error**2 - left_out) ** 2 / uncertain if uncertain else np.inf


def fit(values: np.ndarray, groups: Mapping[str, np.ndarray], known: np.ndarray) -> Fit:
    """Estimate the variances by restricted maximum likelihood, then the mean and the effects.

    Args:
        values: [n].
        groups: {component: group of each value [n]}. A component that has as many groups as
            values, a single group, or the groups of an earlier one, cannot be told from the
            residual, the mean, or that one: its variance is not estimated.
        known: covariance of the errors of the values [n, n].
    """
    designs = _estimable(groups, len(values))
    kernels = {name: design @ design.T for name, (_, design) in designs.items()}
    kernels[RESIDUAL] = np.eye(len(values))
    scale = float(np.var(values)) or 1.0

    def covariance(shares: np.ndarray) -> np.ndarray:
        parts = (scale * share * one for share, one in zip(shares, kernels.values(), strict=True))
        return sum(parts, known + 1e-9 * scale * kernels[RESIDUAL])

    def loss(shares: np.ndarray) -> float:
        """Minus twice the restricted log-likelihood, without its constant."""
        factor = linalg.cho_factor(covariance(shares), lower=True)
        ones = linalg.cho_solve(factor, np.ones(len(values)))
        rest = values - ones @ values / ones.sum()
        logarithm = 2 * np.log(np.diag(factor[0])).sum() + np.log(ones.sum())
        return logarithm + rest @ linalg.cho_solve(factor, rest)

    start = np.full(len(kernels), 1 / len(kernels))
    found = optimize.minimize(loss, start, method="L-BFGS-B", bounds=[(0, None)] * len(start))
    inverse = linalg.inv(covariance(found.x))
    ones = inverse.sum(axis=1)
    mean, variance = ones @ values / ones.sum(), 1 / ones.sum()
    rest = inverse @ (values - mean)
    variances = dict(zip(kernels, scale * found.x, strict=True))
    sizes = {name: len(names) for name, (names, _) in designs.items()} | {RESIDUAL: len(values)}
    parts = {
        name: (float(variances[name] * (ones @ kernel @ ones) * variance**2), sizes[name] - 1)
        for name, kernel in kernels.items()
    }
    effects = {}
    for name, (names, design) in designs.items():
        shared = variances[name] * design  # covariance of each effect with the values
        missing = variances[name] - np.einsum("ng,nk,kg->g", shared, inverse, shared)
        errors = missing + variance * (1 - shared.T @ ones) ** 2
        effects[name] = dict(zip(names, zip(shared.T @ rest, errors, strict=True), strict=True))
    return Fit(variances, float(mean), float(np.sqrt(variance)), parts, effects)


def _estimable(
    groups: Mapping[str, np.ndarray], size: int
) -> dict[str, tuple[list[str], np.ndarray]]:
    """{component: names of its groups, indicator of each group [n, group]}."""
    found: dict[str, tuple[list[str], np.ndarray]] = {}
    for name, labels in groups.items():
        names, codes = np.unique(labels, return_inverse=True)
        design = np.eye(len(names))[codes]
        same = any(np.array_equal(design @ design.T, one @ one.T) for _, one in found.values())
        if 1 < len(names) < size and not same:
            found[name] = ([str(one) for one in names], design)
    return found
