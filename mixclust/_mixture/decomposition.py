"""The attributes of a mixture that describe its covariances by volume, shape and orientation."""

from __future__ import annotations

from .._inputs.annotations import Float64Array
from .structures import structure_of

__all__ = ["Decomposition"]


class Decomposition:
    """Volumes, shapes and orientations of a `FittedMixture`, which inherits this.

    The covariance matrix of component k is
    ``volumes_[k] * orientations_[k] @ diag(shapes_[k]) @ orientations_[k].T``.
    """

    @property
    def volumes_(self) -> Float64Array:
        """Volume of each component: the determinant of its covariance to the power 1 / n_features.

        Returns
        -------
        volumes : ndarray of shape (n_components,), float64
            In squared units of X: the geometric mean of the variances along the axes.
        """
        return self._decompose()[0]

    @property
    def shapes_(self) -> Float64Array:
        """Shape of each component: the variances along its axes, divided by its volume.

        Returns
        -------
        shapes : ndarray of shape (n_components, n_features), float64
            In each row numbers of product 1, in the order of the columns of the orientation: the
            largest first, unless the axes are the features or are shared by all components.
        """
        return self._decompose()[1]

    @property
    def orientations_(self) -> Float64Array:
        """Orientation of each component: its axes.

        Returns
        -------
        orientations : ndarray of shape (n_components, n_features, n_features), float64
            Orthogonal matrices; an axis a column.
        """
        return self._decompose()[2]

    def _decompose(self):
        """Volumes, shapes and orientations."""
        self._check_is_fitted()
        structure = structure_of(self.covariance_type)
        return structure.decompose(self.covariances_, *self.means_.shape)
