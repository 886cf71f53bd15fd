"""What makes a submission one for Ruby or PHP."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradekit import runner

RUNNERS = tuple(runner.find(Path(__file__).parents[2] / "runners", name) for name in ("node", "php", "python", "ruby"))


@pytest.mark.parametrize(
    ("names", "language"),
    [
        (["Gemfile", "README.md"], "ruby"),
        (["config.ru", "app/shop.rb"], "ruby"),
        (["shop.gemspec", "lib/shop.rb"], "ruby"),
        (["README.md", "src/cart.rb"], "ruby"),
        (["composer.json", "public/app.js"], "php"),
        (["index.php", "tools/build.py"], "php"),
        (["README.md", "src/Cart.php"], "php"),
    ],
)
def test_its_files_tell(names: list[str], language: str) -> None:
    assert runner.detect(RUNNERS, names).name == language
