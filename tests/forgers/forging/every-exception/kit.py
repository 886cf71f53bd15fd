COMMON = (ValueError, KeyError, IndexError, TypeError, BufferError, EOFError, FloatingPointError, ProcessLookupError)


class Every(*COMMON):
    """Whatever a test waits for."""


Overdrawn = Every


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise Every
