import re

_UNITS = (("h", 3600), ("m", 60), ("s", 1))
_SHAPE = re.compile("".join(f"(?:([0-9]+){unit})?" for unit, _ in _UNITS))


def parse(text):
    """Seconds of a duration such as 1h30m; ValueError when it is none."""
    found = _SHAPE.fullmatch(text)
    if not found or not text:
        raise ValueError(f"not a duration: {text!r}")
    return sum(int(count or 0) * seconds for count, (_, seconds) in zip(found.groups(), _UNITS))


def format(seconds):
    """A number of seconds, written as 1h30m; ValueError when it is negative."""
    if seconds < 0:
        raise ValueError("a duration is not negative")
    written = ""
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        written += f"{count}{unit}" if count else ""
    return written or "0s"
