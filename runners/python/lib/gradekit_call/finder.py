"""Finds modules of the submission for the tests."""

from __future__ import annotations

import importlib.machinery
import keyword
import sys
from typing import TYPE_CHECKING

from gradekit_call.known import CallError
from gradekit_call.stubs import StubModule

if TYPE_CHECKING:
    from gradekit_call.client import Client


class Finder:
    """Finds modules that only the submission has; the last to be asked."""

    def __init__(self, client: Client) -> None:
        """Find with a client."""
        self._client = client

    def find_spec(self, name: str, path: object = None, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """A module of the submission, None when it has none of that name."""
        del target
        parent = name.rpartition(".")[0]
        of_theirs = isinstance(sys.modules.get(parent), StubModule)
        if of_theirs is not bool(parent) or (path is not None and not parent) or keyword.iskeyword(name):
            return None
        try:
            found = self._client.has(name)
        except CallError:
            raise
        except Exception as error:
            raise ImportError(
                f"{name} of the submission cannot be imported: {type(error).__name__}: {error}", name=name
            ) from error
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if found else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> StubModule:
        """The stub."""
        return self._client.module(spec.name)

    def exec_module(self, module: StubModule) -> None:
        """Nothing runs here; a second time would be a reload."""
        if "__loaded__" in module.__dict__:
            self._client.refuse(f"{module.__name__} cannot be loaded again by the tests")
        module.__dict__["__loaded__"] = True


def forget_modules(folder: str) -> None:
    """Forget what was imported from the submission and from a folder, so that the next file begins anew."""
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None) if not isinstance(module, StubModule) else None
        if isinstance(module, StubModule) or (isinstance(origin, str) and origin.startswith(f"{folder}/")):
            del sys.modules[name]
