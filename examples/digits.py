"""Train a classifier on scikit-learn's handwritten digits; run it twice to see the point.

python examples/digits.py                          # everything runs
python examples/digits.py                          # everything is cached
zenbook run examples/digits.py -p gamma=0.003      # the loader is cached, the rest runs
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

import zenbook
from zenbook import pipeline, step


@step
def digits_data_loader():
    """Load the images as rows of 64 numbers, and split off a half for testing."""
    digits = load_digits()
    images = digits.images.reshape((len(digits.images), -1))
    X_train, X_test, y_train, y_test = train_test_split(
        images, digits.target, test_size=0.5, shuffle=False
    )
    return X_train, X_test, y_train, y_test


@step
def svc_trainer(X_train, y_train, gamma):
    """Fit a support vector classifier."""
    model = SVC(gamma=gamma)
    model.fit(X_train, y_train)
    return model


@step
def evaluator(model, X_test, y_test):
    """Measure the accuracy on images the model has not seen, as they are and with noise added."""
    accuracy = model.score(X_test, y_test)
    random = np.random.default_rng(seed=0)
    noisy = [model.score(random.normal(X_test, 4.0), y_test) for _ in range(60)]
    print(f"accuracy {accuracy:.3f}, with noise {np.mean(noisy):.3f}")
    zenbook.log(accuracy=round(accuracy, 3), noisy=round(float(np.mean(noisy)), 3))
    return accuracy


@pipeline
def first_pipeline(gamma: float = 0.002):
    """From images to an accuracy."""
    X_train, X_test, y_train, y_test = digits_data_loader()
    model = svc_trainer(X_train=X_train, y_train=y_train, gamma=gamma)
    evaluator(model, X_test, y_test)


if __name__ == "__main__":
    first_pipeline(gamma=0.0015)
