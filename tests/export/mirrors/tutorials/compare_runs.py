"""Compare runs.

Exported from compare_runs.ipynb by zenbook (2 steps, 2 parameters).
Re-export with `zenbook export compare_runs.ipynb`.
"""

from __future__ import annotations

import numpy as np
import zenbook
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from zenbook import cli, pipeline, step


def loss_by_tree(X, y, rate, trees):
    """The loss on held-out tumours after each tree, the mean of three folds."""
    booster = GradientBoostingClassifier(
        learning_rate=rate, n_estimators=trees, random_state=0
    )
    losses = []
    for fit, test in StratifiedKFold(3).split(X, y):
        booster.fit(X[fit], y[fit])
        losses.append(
            [log_loss(y[test], p) for p in booster.staged_predict_proba(X[test])]
        )
    return np.mean(losses, axis=0)


@step
def load() -> tuple[np.ndarray, np.ndarray]:
    """Load the tumours, 30 measurements of each.

    Returns: X, y.
    """
    X, y = load_breast_cancer(return_X_y=True)
    return X, y


@step
def learn(
    X: np.ndarray,
    y: np.ndarray,
    rate: float,
    trees: int,
) -> tuple[np.ndarray, int]:
    """Measure how the loss falls and rises with the number of trees.

    Returns: loss, best.
    """
    loss = loss_by_tree(X, y, rate, trees)
    best = int(loss.argmin()) + 1
    zenbook.log(loss=round(loss.min(), 4), stop_after=best)
    print(f"rate {rate}: stop after {best} trees, loss {loss.min():.4f}")
    return loss, best


@pipeline
def boosting(rate: float = 0.05, trees: int = 150) -> tuple[np.ndarray, int]:
    """How fast should gradient boosting learn, and when should it stop?

    Parameters:
        rate: how much each tree counts
        trees: how many trees to grow
    """
    X, y = load()
    loss, best = learn(X, y, rate, trees)
    return loss, best


if __name__ == "__main__":
    cli(boosting)
