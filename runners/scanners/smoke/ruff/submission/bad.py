# ruff: noqa
import os  # noqa: F401


def f(items=[]):  # noqa
    return undefined
