"""From options and configuration to what a grading needs: challenge, lock, engine, images, runners."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

from gradekit import runner as runners
from gradekit.cli import config as configuration
from gradekit.cli.terminal import Lines
from gradekit.errors import Problem, SpecError, SubmissionError, UsageError
from gradekit.grade.setting import Setting, checkers
from gradekit.progress import Progress
from gradekit.sandbox.image import Image
from gradekit.spec.challenge import Challenge, ChallengeSpec
from gradekit.spec.find import Places
from gradekit.spec.handed import starters
from gradekit.spec.load import load_challenge, load_variants
from gradekit.spec.lock import Lock, read_lock

if TYPE_CHECKING:
    from gradekit.sandbox.docker import DockerEngine


_JOBS: Final = 4
"""Images that are built at a time, at most: each uses a processor and the network."""


def places(config: configuration.Config, foreign: Path | None = None) -> Places:
    """Where challenges and rubrics are looked for; not in ``foreign``, the submission's folder."""
    folders = configuration.folders
    return Places(Path.cwd(), os.environ, folders(config.challenges), folders(config.rubrics), foreign)


def kinds_of_runners(config: configuration.Config) -> Mapping[str, str]:
    """Runner name -> kind, for the spec's references."""
    return known_runners(config)["runners"]


class Known(TypedDict):
    """What a spec may name of the runners."""

    runners: Mapping[str, str]
    tools: Mapping[str, Sequence[str]]


def known_runners(config: configuration.Config) -> Known:
    """Runner name -> kind, and the tools of scanners, for the spec's references."""
    known = runners.load_all(runners.runners_folder(configuration.environment(config)))
    return {
        "runners": {runner.name: runner.kind for runner in known},
        "tools": {runner.name: runner.tools for runner in known if runner.tools},
    }


def challenge_for(
    name: str | None,
    config: configuration.Config,
    foreign: Path | None = None,
    choose: Callable[[Challenge], int | None] = lambda _: None,
    called: str = "CHALLENGE",
) -> tuple[Challenge, Lock | None]:
    """The challenge of a name, or the only one there is, with its lock; none in ``foreign``.

    ``choose`` says which of its variants it is to be, None for the first one; ``called`` is the option or argument
    that names it, for messages.

    Raises:
        UsageError: there is none of that name, no such variant, or a choice is needed.
        SpecError: it is wrong.
    """
    where = places(config, foreign)
    path = where.find_challenge(name, called)
    load = partial(load_challenge, path, rubrics=where.rubric_folders(path), **known_runners(config))
    challenge = load()
    number = choose(challenge)
    if number is not None:
        challenge = load(variant=number)
    lock = read_lock(challenge.lock_path)
    return challenge, None if lock is None else lock.at(challenge.variant)


def variants_for(name: str | None, config: configuration.Config, variant: int | None = None) -> Sequence[Challenge]:
    """As ``challenge_for``, in each of its variants or only one, and without their lock."""
    where = places(config)
    path = where.find_challenge(name, "NAME")
    rubrics, known = where.rubric_folders(path), known_runners(config)
    if variant is None:
        return load_variants(path, rubrics=rubrics, **known)
    return (load_challenge(path, rubrics=rubrics, **known, variant=variant),)


def image_names(spec: ChallengeSpec, known: Mapping[str, runners.Runner]) -> Sequence[str]:
    """The runners whose images a challenge needs: probe, services, checkers, scanners, and every language it allows."""
    languages = [
        name
        for name, runner in known.items()
        if runner.kind == "language" and (spec.runner == "any" or (spec.runner != "none" and name in spec.runner))
    ]
    services = (service.runner for service in spec.services.values())
    return tuple(dict.fromkeys(("probe", *services, *checkers(spec), *spec.scanners, *languages)))


def solved_in(challenge: Challenge, setting: Setting) -> Sequence[str]:
    """The runners that proving a challenge needs: probe, services, and languages of solutions, as their files tell."""
    languages = setting.languages(challenge)
    services = (service.runner for service in challenge.spec.services.values())
    names = ["probe", *services, *checkers(challenge.spec), *challenge.spec.scanners]
    begun = [(folder,) for folder in starters(challenge)]
    for parts in (*(solution.folders for solution in challenge.spec.solutions), *begun) if languages else ():
        folders = [challenge.root / folder for folder in parts]
        files = (
            path.relative_to(folder).as_posix() for folder in folders for path in folder.rglob("*") if path.is_file()
        )
        with suppress(SubmissionError):  # a grading says it better
            names.append(runners.detect(languages.values(), files).name)
    return tuple(dict.fromkeys(names))


def wanted_images(config: configuration.Config) -> Sequence[str]:
    """The runners that the known challenges need; the probe alone where there is none, or none that can be read."""
    where = places(config)
    folder = runners.runners_folder(configuration.environment(config))
    known = {runner.name: runner for runner in runners.load_all(folder)}
    names = ["probe"]
    for path in where.list_challenges().values():
        with suppress(SpecError):
            challenge = load_challenge(path, rubrics=where.rubric_folders(path), **known_runners(config))
            names += image_names(challenge.spec, known)
    return tuple(dict.fromkeys(names))


def built(
    names: Sequence[str],
    engine: DockerEngine,
    progress: Progress,
    folder: Path,
    *,
    jobs: int | None = None,
    labelled: bool = False,
) -> dict[str, Image]:
    """The images of runners; what is missing is built, ``jobs`` at a time (None: as fits the processors).

    ``labelled``: an older image that does not say its base and versions counts as missing, too.

    Raises:
        InfrastructureError: an image cannot be had.
        UsageError: there is no such runner.
    """
    from gradekit.sandbox import images

    log = progress.log if isinstance(progress, Lines) else progress.note
    tags = {name: runners.find(folder, name).tag for name in names}
    missing = [name for name in names if engine.image(tags[name]) is None]
    if missing:
        progress.note(f"building {', '.join(missing)} (a minute or two each)")
        progress.phase("images", ", ".join(missing))
    return images.ensure(
        names,
        log,
        folder=folder,
        engine=engine,
        jobs=max(1, min(_JOBS, os.cpu_count() or 1)) if jobs is None else jobs,
        labelled=labelled,
        done=lambda name, seconds: progress.phase_done("image", seconds, tags[name]),
    )


def setting_for(
    spec: ChallengeSpec,
    config: configuration.Config,
    progress: Progress,
    *,
    only: str | None = None,
    offline: bool = False,
    engine: DockerEngine | None = None,
    later: bool = False,
) -> Setting:
    """Connect to the engine and see that the images are there, building what is missing.

    ``only`` keeps one language; ``offline``, like GRADEKIT_OFFLINE=1, takes packages from the cache alone; ``engine``
    is used instead of a new connection. ``later`` leaves what is missing to the grading, which knows the language.

    Raises:
        InfrastructureError: no engine, or an image cannot be had.
        UsageError: a runner that the challenge names does not exist.
    """
    from gradekit.sandbox import docker, images

    environment = configuration.environment(config)
    folder = runners.runners_folder(environment)
    known = {runner.name: runner for runner in runners.load_all(folder)}
    wanted = image_names(spec, known)
    if only:
        if runners.find(folder, only).kind != "language":
            languages = [name for name, runner in known.items() if runner.kind == "language"]
            raise UsageError(Problem("--runner", f"{only} is no language", f"one of {', '.join(languages)}"))
        known = {name: runner for name, runner in known.items() if runner.kind != "language" or name == only}
        wanted = [name for name in wanted if name in known]
    using = engine or docker.connect(runtime=config.runtime)
    own = {name: reference for name, reference in spec.images().items() if name in wanted}
    made: dict[str, Image] = {}

    def make(names: Sequence[str]) -> None:
        missing = [name for name in dict.fromkeys(names) if name not in made]
        for name in missing:
            if name in own:
                made[name] = images.brought(using, known[name], own[name], progress.note)
        made.update(built([name for name in missing if name not in own], using, progress, folder))

    there = [name for name in wanted if name in known and name not in own and using.image(known[name].tag)]
    make(there if later else wanted)
    return Setting(
        engine=using,
        images=made,
        make=make,
        brought=own,
        runners=known,
        registry_env=lambda: images.registry_env(environment),
        ca_bundle=lambda: images.ca_bundle(environment),
        registries=config.registries,
        cache_size=config.cache_bytes,
        offline=offline or environment.get("GRADEKIT_OFFLINE", "") not in {"", "0"},
    )
