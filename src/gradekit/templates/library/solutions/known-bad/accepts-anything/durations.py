import re

_UNITS = (("h", 3600), ("m", 60), ("s", 1))


def parse(text):
    sizes = dict(_UNITS)
    return sum(int(count) * sizes[unit] for count, unit in re.findall("([0-9]+)([hms])", text))


def format(seconds):
    written = ""
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        written += f"{count}{unit}" if count else ""
    return written or "0s"
