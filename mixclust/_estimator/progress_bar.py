"""The progress bar of a fit: that of tqdm where it is installed, else a plain one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

from .clock import duration
from .progress_line import ProgressLine, bar_text

__all__ = ["ProgressBar"]

SECONDS_BETWEEN_BARS = 0.1
"""Seconds between two changes of a bar."""

SECONDS_BETWEEN_LINES = 15.0
"""Seconds between two lines where standard error is not a terminal, without tqdm."""


class ProgressBar:
    """A callback that shows the progress of a fit on standard error.

    Pass it as `callback` to any estimator, to `bootstrap` or to `likelihood_ratio_test`. It shows
    the step of the fit, seeding and the search for a start included, the share that is done and
    the time left, as far as it can be estimated. With tqdm installed the bar is tqdm's, a widget in
    notebooks. Without tqdm it is a line that is written over in a terminal; where standard error is
    no terminal, a line of its own at most every 15 seconds.

    Parameters
    ----------
    callback : callable, default=None
        A further callback, which is called with the same arguments; true ends the run or fit.

    Examples
    --------
    >>> from mixclust import KMeans, ProgressBar
    >>> X = [[0.0], [1.0], [8.0], [9.0]]
    >>> kmeans = KMeans(2, n_init=10, random_state=0, callback=ProgressBar())
    >>> kmeans.fit(X).inertia_
    1.0
    """

    _bar = None

    def __init__(self, callback: Callable[..., object] | None = None) -> None:
        self.callback = callback

    def __call__(self, *state: Any) -> bool:
        """Show a state.

        Parameters
        ----------
        *state : object
            The arguments of a callback of mixclust.

        Returns
        -------
        ends : bool
            The result of the further callback; False without one.
        """
        if len(state) == 1:
            [at] = state
            self._show(at.message, at.seconds, at.seconds_left)
        else:  # of a bootstrap: the numbers of replicates
            *_, n_done, n_all = state
            seconds = monotonic() - self._open()._began
            left = seconds * (n_all - n_done) / n_done
            self._show(f"replicate {n_done} of {n_all}", seconds, left)
        ends = self.callback is not None and bool(self.callback(*state))
        if len(state) > 1 and (ends or n_done == n_all):
            self.end_fit(False)
        return ends

    def begin(self, text: str) -> None:
        """Show a step that begins. Fits call it where a run begins.

        Parameters
        ----------
        text : str
            The step in a few words.
        """
        self._open().show(text, None, None, at_once=True)

    def end_fit(self, failed: bool) -> None:
        """Close the bar. Every fit calls it at its end, and after an error or Ctrl-C.

        Parameters
        ----------
        failed : bool
            Whether an error or Ctrl-C ended the fit.
        """
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close(failed)

    def __getstate__(self) -> dict[str, Any]:
        return {"callback": self.callback}  # a copy has a bar of its own

    def _open(self):
        if self._bar is None:
            tqdm = _find_tqdm()
            self._bar = _PlainBar() if tqdm is None else _TqdmBar(tqdm)
        return self._bar

    def _show(self, text, seconds, left):
        share = None if left is None else seconds / max(seconds + left, 1e-9)
        self._open().show(text, share, left)


def _find_tqdm():
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm


class _Bar:
    """Base of the bars: how often they change, and their share, which never falls."""

    def __init__(self, seconds_between):
        self._began = monotonic()
        self._next, self._between = 0.0, seconds_between
        self._share = 0.0

    def show(self, text, share, left, at_once=False):
        """Show a step, the share of the fit that is done, and the time left."""
        now = monotonic()
        if share is not None:
            self._share = max(self._share, share)
        if now >= self._next or at_once:
            self._next = now + self._between
            self._draw(text, "" if left is None else f"{duration(left)} left")


class _TqdmBar(_Bar):
    def __init__(self, tqdm):
        super().__init__(SECONDS_BETWEEN_BARS)
        layout = "{desc} {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
        self._bar = tqdm(total=1.0, bar_format=layout, file=sys.stderr)

    def _draw(self, text, left):
        self._bar.n = self._share
        self._bar.set_description_str(text, refresh=False)
        self._bar.set_postfix_str(left, refresh=False)
        self._bar.refresh()

    def close(self, failed):
        if not failed:
            self._bar.n = 1.0
            self._bar.set_postfix_str("", refresh=False)
            self._bar.refresh()
        self._bar.close()


class _PlainBar(_Bar):
    def __init__(self):
        self._line = ProgressLine(sys.stderr)
        in_place = self._line.in_place
        super().__init__(SECONDS_BETWEEN_BARS if in_place else SECONDS_BETWEEN_LINES)
        self._next = self._began + (0.0 if in_place else SECONDS_BETWEEN_LINES)

    def show(self, text, share, left, at_once=False):
        super().show(text, share, left, at_once and self._line.in_place)

    def _draw(self, text, left):
        parts = [f"{100 * self._share:.0f} %"] if self._share else []
        parts += [left] if left else []
        if self._line.in_place:
            self._line.replace(" ".join([text, bar_text(self._share), ", ".join(parts)]))
        else:
            self._line.write(f"mixclust: {', '.join([text, *parts])}\n")

    def close(self, failed):
        self._line.clear()
