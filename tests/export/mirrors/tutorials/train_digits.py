"""Iterate on a model.

Exported from train_digits.ipynb by zenbook (3 steps, 1 parameter).
Re-export with `zenbook export train_digits.ipynb`.
"""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
from zenbook import cli, pipeline, step


def with_noise(images, seed):
    """The images as a worn-out scanner would see them."""
    return np.random.default_rng(seed).normal(images, 4.0)


@step
def load() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load the images as rows of 64 numbers, and keep half of them for testing.

    Returns: X_train, X_test, y_train, y_test.
    """
    X_train, X_test, y_train, y_test = train_test_split(
        *load_digits(return_X_y=True), test_size=0.5, shuffle=False
    )
    return X_train, X_test, y_train, y_test


@step
def train(X_train: np.ndarray, y_train: np.ndarray, gamma: float) -> SVC:
    """Fit the classifier."""
    model = SVC(gamma=gamma, random_state=0).fit(X_train, y_train)
    return model


@step
def evaluate(
    model: SVC,
    X_test: np.ndarray,
    y_test: np.ndarray,
) -> tuple[float, np.float64]:
    """Measure the accuracy on images the model has not seen, as they are and with noise
    added.

    Returns: accuracy, noisy.
    """
    accuracy = model.score(X_test, y_test)
    noisy = np.mean(
        [model.score(with_noise(X_test, seed), y_test) for seed in range(10)]
    )
    print(f"accuracy {accuracy:.3f}, with noise {noisy:.3f}")
    return accuracy, noisy


@pipeline
def classifier(gamma: float = 0.0015) -> tuple[float, np.float64]:
    """Eight by eight pixels, ten digits, one support vector machine.

    Parameters:
        gamma: how local the model looks: the larger, the fewer neighbours count
    """
    X_train, X_test, y_train, y_test = load()
    model = train(X_train, y_train, gamma)
    accuracy, noisy = evaluate(model, X_test, y_test)
    return accuracy, noisy


if __name__ == "__main__":
    cli(classifier)
