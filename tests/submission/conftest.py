"""Obtaining with defaults, and with a look at what is left behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from gradekit.errors import GradekitError, SubmissionError
from gradekit.submission import CloneRules, Submission, obtain
from tests.submission.gitserver import Get, Refusal, Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository, with nothing else in the folder above it."""
    return Repository(tmp_path / "served" / "work")


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Get]:
    """Obtain with defaults; afterwards no temporary file may be left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    def call(
        repo: str,
        ref: str | None = None,
        *,
        before: datetime | None = None,
        rules: CloneRules = CloneRules(timeout=20),  # noqa: B008 - frozen
        token: str | None = None,
    ) -> Submission:
        return obtain(repo, ref=ref, before=before, candidate="c", received_at="r", rules=rules, token=token)

    yield call
    assert list(temporary.iterdir()) == []


@pytest.fixture
def refusal(get: Get) -> Refusal:
    """The one message with which a submission is refused."""

    def call(*arguments: object, error: type[GradekitError] = SubmissionError, **options: object) -> str:
        with pytest.raises(error) as caught:
            get(*arguments, **options)  # type: ignore[arg-type]
        assert len(caught.value.problems) == 1
        message = str(caught.value)
        assert message.isprintable(), message
        return message

    return call
