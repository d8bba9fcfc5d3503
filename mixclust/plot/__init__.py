"""Pictures of fitted estimators, drawn by matplotlib.

As in scikit-learn, ``XDisplay.from_estimator(...)`` takes the numbers from a fitted estimator and
draws them. The display keeps the numbers, and ``plot(ax=...)`` draws them again. `draw_rows` and
`draw_ellipses` draw arrays, without an estimator.

matplotlib is imported when something is drawn, not before.
"""

from ._components import ComponentsDisplay, draw_ellipses
from ._convergence import ConvergenceDisplay
from ._criteria import CriteriaDisplay
from ._density import DensityDisplay
from ._elbow import ElbowDisplay
from ._feature_pairs import PairsDisplay
from ._histogram import HistogramDisplay
from ._means import MeansDisplay
from ._merging import MergingDisplay
from ._projection import ProjectionDisplay
from ._rows import UncertaintyDisplay, draw_rows
from ._silhouette import SilhouetteDisplay

__all__ = [
    "ComponentsDisplay",
    "ConvergenceDisplay",
    "CriteriaDisplay",
    "DensityDisplay",
    "ElbowDisplay",
    "HistogramDisplay",
    "MeansDisplay",
    "MergingDisplay",
    "PairsDisplay",
    "ProjectionDisplay",
    "SilhouetteDisplay",
    "UncertaintyDisplay",
    "draw_ellipses",
    "draw_rows",
]
