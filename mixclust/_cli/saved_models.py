"""Models in files, as the commands write and read them."""

from typing import NamedTuple

from .._estimator.persistence import FORMAT, LoadError
from .._inputs.wording import with_article
from .._kmeans.kmeans import KMeans
from .._kmeans.minibatch import MiniBatchKMeans
from .._mixture.gaussian import GaussianMixture
from .._mixture.gaussian_ic import GaussianMixtureIC
from .._version import __version__
from .errors import CommandError, reason_of
from .files import STANDARD_STREAM
from .row_labels import CenterLabels, MixtureLabels
from .wording import plain_name

__all__ = ["SavedModel", "check_model_name", "read_saved", "save_model"]

CLASSES = {
    cls.__name__: cls for cls in (GaussianMixture, GaussianMixtureIC, KMeans, MiniBatchKMeans)
}


class SavedModel(NamedTuple):
    """A model from a file.

    Attributes
    ----------
    estimator : GaussianMixture, KMeans or MiniBatchKMeans
        Without names of features, which are in `names`.
    labels : MixtureLabels or CenterLabels
    names : list of str or None
        The columns of the model in its order; None if it was fitted to rows without names.
    n_columns : int
    """

    estimator: GaussianMixture | KMeans | MiniBatchKMeans
    labels: MixtureLabels | CenterLabels
    names: list[str] | None
    n_columns: int


def check_model_name(path):
    """Refuse standard output as the file of a model; None is no file."""
    if str(path) == STANDARD_STREAM:
        raise CommandError("--save - : a model needs a file of its own; name one.")


def save_model(path, model):
    """Write a model to a file; an error of the file is a `CommandError`.

    Parameters
    ----------
    path : pathlib.Path
    model : Estimator
    """
    try:
        model.save(path)
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {reason_of(error)}.") from None


def read_saved(path, n_threads):
    """Read a model that `save_model` or the method `save` of an estimator wrote.

    Parameters
    ----------
    path : pathlib.Path
    n_threads : int or None
        Threads of its answers.

    Returns
    -------
    model : SavedModel

    Raises
    ------
    CommandError
        If the file cannot be read or does not hold a fitted model that labels rows.
    """
    estimator = _load(path)
    if not estimator.__sklearn_is_fitted__():
        raise CommandError(
            f"{path}: holds {with_article(type(estimator).__name__)} that is not fitted; save it "
            "after fit."
        )
    if isinstance(estimator, GaussianMixtureIC):
        estimator = estimator.best_estimator_
    names = vars(estimator).pop("feature_names_in_", None)
    if names is not None:
        names = list(map(plain_name, names))
    estimator.set_params(n_threads=n_threads)
    labels = MixtureLabels if isinstance(estimator, GaussianMixture) else CenterLabels
    return SavedModel(estimator, labels(estimator), names, estimator.n_features_in_)


def _load(path):
    """Load the estimator of a file, after its class is known."""
    cls = GaussianMixture
    while True:
        try:
            return cls.load(path)
        except LoadError as error:
            held = error.header.get("class")
            if held == cls.__name__ or held not in CLASSES:
                raise CommandError(_refusal(path, error)) from None
            cls = CLASSES[held]
        except OSError as error:
            raise CommandError(f"{path}: cannot be read: {reason_of(error)}.") from None


def _refusal(path, error):
    """Write the message about a file that cannot be loaded."""
    header = error.header
    if not header:
        return (
            f"{path}: is not a model: {error.reason}; name a file that 'mixclust cluster --save' "
            "or 'mixclust kmeans --save' wrote, or the method save of an estimator."
        )
    if header["format"] == FORMAT and header["class"] not in CLASSES:
        return (
            f"{path}: holds {with_article(header['class'])}, which 'mixclust predict' does not "
            f"apply; name a model of one of the classes {', '.join(CLASSES)}."
        )
    text = f"{path}: cannot be read as a model: {error.reason}"
    if header["mixclust"] != __version__ and header["mixclust"] not in error.reason:
        text += f"; it was written by mixclust {header['mixclust']}, and this is {__version__}"
    return f"{text}."
