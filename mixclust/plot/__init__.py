"""Pictures of what was fitted, drawn by matplotlib.

In scikit-learn's manner, ``XDisplay.from_estimator(...)`` asks a fitted estimator for the numbers
and draws them; the display keeps them, and draws them again with ``plot(ax=...)``. `draw_rows` and
`draw_ellipses` draw arrays, whoever computed them.

matplotlib is imported when something is drawn, not before.
"""

from ._components import ComponentsDisplay, draw_ellipses
from ._convergence import ConvergenceDisplay
from ._criteria import CriteriaDisplay
from ._rows import UncertaintyDisplay, draw_rows
from ._silhouette import SilhouetteDisplay

__all__ = [
    "ComponentsDisplay",
    "ConvergenceDisplay",
    "CriteriaDisplay",
    "SilhouetteDisplay",
    "UncertaintyDisplay",
    "draw_ellipses",
    "draw_rows",
]
