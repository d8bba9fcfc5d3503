"""Reading ahead: a thread makes the next items while the caller works on the current one."""

import os
import threading
from contextvars import Context
from queue import SimpleQueue

__all__ = ["N_AHEAD", "read_ahead"]

N_AHEAD = 2
"""Largest number of items beyond the caller's: one that is ready and one that is being made."""


class _Reader:
    """The state that the thread and its caller share.

    Parameters
    ----------
    items : generator
        Runs in the thread alone, its end included.
    """

    def __init__(self, items):
        self._items = items
        self._permits = SimpleQueue()  # one for each item that the thread may make
        self._is_stopped = False
        self.ready = SimpleQueue()  # pairs (item, None); the last one is (None, error or None)
        for _ in range(N_AHEAD):
            self.permit()

    def permit(self):
        """Let the thread make one more item."""
        self._permits.put(None)

    def stop(self):
        """Let the thread end before its next item."""
        self._is_stopped = True
        self.permit()

    def run(self):
        """Make items until there are no more, one fails or the reader is stopped."""
        error = None
        try:
            try:
                for item in self._permitted():
                    self.ready.put(((item,), None))
                    del item  # while it waits, the thread keeps no chunk alive
            finally:
                self._items.close()
        except BaseException as caught:
            error = caught
        self._items = None
        self.ready.put((None, error))

    def _permitted(self):
        while True:
            self._permits.get()
            if self._is_stopped:
                return
            try:
                item = next(self._items)
            except StopIteration:
                return
            yield item
            del item


def read_ahead(items):
    """Yield the items of a generator that runs in a thread of its own, up to two items ahead.

    When the generator that this function returns has ended, by its last item, an exception or its
    ``close``, the thread has ended too. An exception in the thread is raised here with its
    traceback. Where the system refuses a new thread, items are made in the calling thread.

    Parameters
    ----------
    items : generator

    Yields
    ------
    item : object

    Raises
    ------
    RuntimeError
        In a child process that was forked after the first item.
    """
    reader = _Reader(items)
    # In an empty context the thread does not keep the caller's context variables. It is a daemon,
    # so that a generator that was never closed does not keep the interpreter from ending.
    thread = threading.Thread(
        target=Context().run, args=(reader.run,), name="mixclust_reader", daemon=True
    )
    process = os.getpid()
    error = None
    try:
        try:
            thread.start()
        except RuntimeError:
            yield from items
            return
        while True:
            if os.getpid() != process:
                raise RuntimeError(
                    "The process was forked in the middle of a pass over chunks; threads do not "
                    "survive a fork, so the child cannot finish the pass. Start it again there."
                )
            item, error = reader.ready.get()
            if item is None:
                break
            reader.permit()
            [item] = item
            yield item
            del item
        if error is not None:
            raise error
    finally:
        error = interrupt = None  # the traceback of an error refers to this frame
        # Python handles signals at calls and at the end of a loop body, so no interrupt comes
        # before this block. After the first one the thread is still waited for; a second one
        # leaves a thread behind that hangs in a user's iterator, and that ends with its item.
        while True:
            try:
                reader.stop()
                # The garbage collector may close a lost generator in the thread itself.
                if thread.ident not in (None, threading.get_ident()):
                    thread.join()
                break
            except BaseException as caught:
                if interrupt is not None:
                    raise
                interrupt = caught
        if interrupt is not None:
            try:
                raise interrupt
            finally:
                interrupt = None
