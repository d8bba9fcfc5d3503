"""
Genuine and forged bank notes
=============================

The regions of two classes by the dimensions of bank notes, and how sure the classifier is.
"""

import matplotlib.pyplot as plt
import numpy as np
from common import DATA, WIDTH, headline, save
from matplotlib.colors import LinearSegmentedColormap

from mixclust import MixtureClassifier

N_FOLDS = 10
FEATURES = {"Bottom": "lower margin / mm", "Diagonal": "diagonal / mm"}
COLORS = {"counterfeit": "tab:orange", "genuine": "tab:blue"}

table = np.genfromtxt(DATA / "banknote.csv", delimiter=",", names=True, dtype=None, encoding=None)
y = table["Status"]
X = np.column_stack([table[name] for name in table.dtype.names[1:]])
folds = np.random.default_rng(0).permutation(len(X)) % N_FOLDS


def error(classifier, X, y):
    """Compute the share of wrong predictions for rows that were left out of the fit."""
    try:
        from sklearn.model_selection import PredefinedSplit, cross_val_score
    except ImportError:  # the same without scikit-learn
        scores = [
            classifier.fit(X[folds != i], y[folds != i]).score(X[folds == i], y[folds == i])
            for i in range(N_FOLDS)
        ]
    else:
        scores = cross_val_score(classifier, X, y, cv=PredefinedSplit(folds))
    return 1 - np.mean(scores)


# %%
# Three classifiers: the error for notes that were left out of the fit, with all six lengths and
# with the two that separate the classes best.

print("cross-validated error with all six lengths, and with two of them")
two = np.column_stack([table[name] for name in FEATURES])
models = {
    "one Gaussian a class": MixtureClassifier(),
    "one shared covariance": MixtureClassifier(covariance_type="tied"),
    "mixtures chosen by BIC": MixtureClassifier("bic", covariance_type="bic", random_state=0),
}
for name, model in models.items():
    print(f"{name:<23} {error(model, X, y):6.1%} {error(model, two, y):6.1%}")

# %%
# Rows of unknown class help: nine of ten notes lose their class here.

labels = y.astype(object)
labels[np.random.default_rng(1).random(len(y)) > 0.1] = None  # rows of unknown class
known = np.array([label is not None for label in labels])
partly = MixtureClassifier(covariance_type="tied").fit(X, labels)
alone = MixtureClassifier(covariance_type="tied").fit(X[known], y[known])
print(
    f"{known.sum()} labels known: error {1 - partly.score(X, y):.1%} with the help of the other "
    f"rows, {1 - alone.score(X, y):.1%} without"
)

# %%
# The regions of both classes, by two lengths.

classifier = models["mixtures chosen by BIC"].fit(two, y)
low, high = two.min(axis=0) - 0.4, two.max(axis=0) + 0.4
grid = np.meshgrid(*np.linspace(low, high, 300).T)
proba = classifier.predict_proba(np.column_stack([axis.ravel() for axis in grid]))
genuine = proba[:, list(classifier.classes_).index("genuine")].reshape(grid[0].shape)

figure, ax = plt.subplots(figsize=(WIDTH, 5.6))
picture = ax.imshow(
    genuine,
    cmap=LinearSegmentedColormap.from_list("", ["#fbd0a3", "white", "#b5d3ea"]),
    vmin=0,
    vmax=1,
    origin="lower",
    extent=(low[0], high[0], low[1], high[1]),
    aspect="auto",
)
ax.contour(*grid, genuine, levels=[0.1, 0.5, 0.9], colors="0.35", linewidths=[0.7, 1.6, 0.7])
wrong = classifier.predict(two) != y
for name, color in COLORS.items():
    rows = two[y == name]
    ax.plot(*rows.T, "o", ms=4.5, color=color, mec="white", mew=0.5, label=name)
ax.plot(*two[wrong].T, "o", ms=10, mfc="none", mec="black", label="on the wrong side")
ax.set(xlabel=FEATURES["Bottom"], ylabel=FEATURES["Diagonal"])
ax.legend(loc="upper right", framealpha=0.9)
ax.set_title("Lines where a note is genuine with a probability of 10%, 50% and 90%")
figure.colorbar(picture, label="probability that the note is genuine")
headline(figure, f"{wrong.sum()} of {len(y)} bank notes lie on the wrong side")
save(figure, "classify.png")
