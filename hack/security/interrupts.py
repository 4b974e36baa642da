"""Signals that end the bench: they wait while the host is being changed or restored, or something would be left behind."""
import contextlib
import signal
from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_held = 0
_pending = False


def catch() -> None:
    """From now on such a signal is a KeyboardInterrupt, once; more of them have no effect."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> None:
    global _pending
    if _held:
        _pending = True
        return
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextlib.contextmanager
def hold() -> Iterator[None]:
    """A signal that comes inside takes effect at the end."""
    global _held
    _held += 1
    try:
        yield
    finally:
        _held -= 1
    if _pending and not _held:
        _interrupt()
