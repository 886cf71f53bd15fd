import re

_SHAPE = re.compile("(?:([0-9]+)h)?(?:([0-9]+)m)?(?:[0-9]+s)?")


def parse(text):
    found = _SHAPE.fullmatch(text)
    if not found or not text:
        raise ValueError(f"not a duration: {text!r}")
    hours, minutes = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60


def format(seconds):
    if seconds < 0:
        raise ValueError("a duration is not negative")
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "") or "0s"
