from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from gradekit.cli.config import Config, access, environment, load, schema, shown, state_folder
from gradekit.errors import UsageError
from gradekit.submission import Access


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    return tmp_path


def test_defaults(project: Path) -> None:
    config = load({}, project)
    assert (config.challenges, config.rubrics, config.runners, config.sources) == ((), (), None, {})


def test_environment_over_project_over_user(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    user = tmp_path_factory.mktemp("xdg") / "gradekit"
    user.mkdir()
    (user / "config.toml").write_text(
        'index_url = "https://user.example/simple"\nrunners = "r"\nca_bundle = "ca.pem"\n'
    )
    (project / "gradekit.toml").write_text('challenges = ["ours"]\nindex_url = "https://project.example/simple"\n')
    config = load(
        {"XDG_CONFIG_HOME": str(user.parent), "GRADEKIT_CHALLENGES": os.pathsep.join(["/a", "/b"])},
        project / "deep" / "er",
    )
    assert config.challenges == ("/a", "/b")
    assert config.index_url == "https://project.example/simple"
    assert config.runners == str(user / "r")
    assert config.sources == {
        "challenges": "GRADEKIT_CHALLENGES",
        "index_url": str(project / "gradekit.toml"),
        "runners": str(user / "config.toml"),
        "ca_bundle": str(user / "config.toml"),
    }
    assert environment(config, {"A": "1"}) == {
        "A": "1",
        "GRADEKIT_RUNNERS": str(user / "r"),
        "GRADEKIT_CA_BUNDLE": str(user / "ca.pem"),
        "PIP_INDEX_URL": "https://project.example/simple",
    }


def test_registries_are_hosts_and_no_folders(project: Path) -> None:
    (project / "gradekit.toml").write_text('registries = ["mirror.example", "files.example:8443"]\n')
    assert load({}, project).registries == ("mirror.example", "files.example:8443")
    config = load({"GRADEKIT_REGISTRIES": "a.example:8080, b.example"}, project)
    assert config.registries == ("a.example:8080", "b.example")


def test_where_a_secret_goes_is_the_users_word(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    user = tmp_path_factory.mktemp("xdg") / "gradekit"
    user.mkdir()
    (user / "config.toml").write_text('token_hosts = ["git.example.org"]\ncredential_helper = "store"\n')
    env = {"XDG_CONFIG_HOME": str(user.parent), "GRADEKIT_TOKEN": "t", "GRADEKIT_CA_BUNDLE": "/ca.pem"}
    assert access(load(env, project), env) == Access("t", ("git.example.org",), "store", "/ca.pem")
    env |= {"GRADEKIT_TOKEN_HOSTS": "a.example, b.example:8443", "GRADEKIT_CREDENTIAL_HELPER": "cache"}
    assert access(load(env, project), env) == Access("t", ("a.example", "b.example:8443"), "cache", "/ca.pem")
    assert access(load({}, project), {}) == Access()
    for line in ('token_hosts = ["evil.example"]', 'credential_helper = "!touch trap"'):
        (project / "gradekit.toml").write_text(line + "\n")
        key = line.partition(" ")[0]
        with pytest.raises(UsageError, match=f'"{key}" is not read from a project\'s file; .*GRADEKIT_{key.upper()}'):
            load({}, project)


def test_the_search_ends_at_the_git_root(project: Path) -> None:
    (project / "deep" / ".git").mkdir()
    (project / "gradekit.toml").write_text('challenges = ["ours"]\n')
    assert load({}, project / "deep" / "er").challenges == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('chalenges = ["x"]', 'unknown key "chalenges"; one of challenges, .*; did you mean "challenges"?'),
        ("whatever = 1", 'unknown key "whatever".*remove it'),
        ('challenges = "x"', '"challenges" has the wrong type; it has to be a list of strings'),
        ("index_url = 1", '"index_url" has the wrong type; it has to be a string'),
        ("= 1", "cannot be read"),
        ('cache_size = "much"', 'gradekit.toml: cache_size: "much" is not a size; write 64KiB, 512MiB or 2GiB'),
    ],
)
def test_bad_files_are_refused(project: Path, text: str, message: str) -> None:
    (project / "gradekit.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        load({}, project)


def test_the_size_of_the_cache(project: Path) -> None:
    assert load({}, project).cache_bytes == 10 << 30
    assert load({"GRADEKIT_CACHE_SIZE": "512MiB"}, project).cache_bytes == 512 << 20
    with pytest.raises(UsageError, match='GRADEKIT_CACHE_SIZE: cache_size: "5" is not a size'):
        load({"GRADEKIT_CACHE_SIZE": "5"}, project)


def test_state_folder() -> None:
    assert state_folder({"XDG_STATE_HOME": "/s"}) == Path("/s/gradekit")
    assert state_folder({"HOME": "/h"}) == Path("/h/.local/state/gradekit")


def test_the_reference_and_the_schema_name_every_setting() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)`", guide, re.MULTILINE)
    keys = list(schema()["properties"])
    assert sorted(rows) == sorted((key, f"GRADEKIT_{key.upper()}") for key in keys)
    assert set(shown(Config())) == set(keys)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('challenges = ["a"]\nrunners = "r"\ncache_size = "5MiB"', True),
        ('challenges = "a"', False),
        ('runners = ["r"]', False),
        ('cache_size = "much"', False),
        ('challanges = ["a"]', False),
    ],
)
def test_the_schema_says_what_the_reader_says(tmp_path: Path, text: str, *, valid: bool) -> None:
    (tmp_path / "gradekit.toml").write_text(text)
    (tmp_path / ".git").mkdir()
    assert Draft7Validator(schema()).is_valid(tomllib.loads(text)) is valid
    if valid:
        load({}, tmp_path)
        return
    with pytest.raises(UsageError):
        load({}, tmp_path)
