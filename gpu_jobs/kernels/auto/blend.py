"""Weights for the fits from evidence, and probabilities that mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from gpu_jobs.kernels.values import Floats, Ints

FLOOR = 1e-6  # added to a probability before its log
STEPS, CLOSE = 300, 1e-6
COOLING = 0.4


def mixture_weights(likelihoods: Floats, prior: Floats) -> Floats:
    """Weights of a mixture from likelihoods [case, member] and Dirichlet pseudo-cases, by EM."""
    weights: Floats = prior / prior.sum()
    for _ in range(STEPS if len(likelihoods) else 0):
        shares = likelihoods * weights + FLOOR * weights
        total = (shares / shares.sum(axis=1, keepdims=True)).sum(axis=0) + prior
        after = total / total.sum()
        change = float(np.abs(after - weights).max())
        weights = after
        if change < CLOSE:
            break
    return weights


def answer_weights(likelihoods: Floats, prior: float) -> Floats:
    """Weights from the probabilities of left-out answers [answer, member].

    The prior of `prior` pseudo-answers is half even and half by total log likelihood, cooled by the number of answers
    to the power `COOLING`: a fit that predicts clearly worse than the best starts with little.
    """
    size = likelihoods.shape[1]
    total = np.log(likelihoods + FLOOR).sum(axis=0) / max(1.0, len(likelihoods) ** COOLING)
    return mixture_weights(likelihoods, prior * (0.5 / size + 0.5 * softmax(total)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """p' is proportional to p^power times exp(bias of the class)."""

    power: float
    bias: Floats

    def apply(self, posterior: Floats) -> Floats:
        """Calibrated probabilities, rows sum to one."""
        tempered = self.power * np.log(np.maximum(posterior, 1e-9)) + self.bias
        calibrated: Floats = softmax(tempered, axis=1)
        return calibrated

    def log_likelihood(self, posterior: Floats, truth: Ints) -> float:
        """Of true classes."""
        calibrated = self.apply(posterior)
        return float(np.log(calibrated[np.arange(len(truth)), truth]).sum())


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Fits a calibration on control tasks, shrunk to the power `power` and no bias."""

    power: float
    power_spread: float  # prior standard deviation of log(power)
    bias_spread: float  # prior standard deviation of a class's bias

    def fit(self, posterior: Floats, truth: Ints) -> Calibration:
        """The power alone, and with class biases where they gain more than their number would by chance (BIC)."""
        size = posterior.shape[1]
        if not len(truth):
            return Calibration(self.power, np.zeros(size))
        plain = self._fit(posterior, truth, biased=False)
        biased = self._fit(posterior, truth, biased=True)
        gain = biased.log_likelihood(posterior, truth) - plain.log_likelihood(posterior, truth)
        return biased if gain > 0.5 * (size - 1) * np.log(max(2, len(truth))) else plain

    def _fit(self, posterior: Floats, truth: Ints, *, biased: bool) -> Calibration:
        logs = np.log(np.maximum(posterior, 1e-9))
        size = logs.shape[1]
        told = np.eye(size)[truth]

        def loss(point: Floats) -> tuple[float, Floats]:
            power, bias = self.power * np.exp(point[0]), point[1:] if biased else np.zeros(size)
            scores = power * logs + bias
            error = softmax(scores, axis=1) - told
            value = logsumexp(scores, axis=1).sum() - (scores * told).sum()
            value += (point[0] / self.power_spread) ** 2 / 2 + ((bias / self.bias_spread) ** 2).sum() / 2
            slope = np.array([(error * power * logs).sum() + point[0] / self.power_spread**2])
            return float(value), np.concatenate([slope, error.sum(axis=0) + bias / self.bias_spread**2])[: len(point)]

        found = minimize(loss, np.zeros(1 + size * biased), jac=True, method="L-BFGS-B").x
        return Calibration(float(self.power * np.exp(found[0])), found[1:] if biased else np.zeros(size))
