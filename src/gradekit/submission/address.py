"""The forms of REPO: which are accepted, and what git gets to see of them."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from gradekit.errors import Problem, SubmissionError
from gradekit.submission.sieve import printable
from gradekit.texts import clean

_EXPECTED = "expected an https://, ssh:// or file:// URL, git@host:path, or a local folder"
_MAX_LENGTH = 2000
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PATH = r"[A-Za-z0-9._~%/+@:,()!$&'*;=-]+"
_WEB = re.compile(rf"(?P<host>{_HOST}|\[[0-9A-Fa-f:.]+\])(?::\d{{1,5}})?/{_PATH}")
_SSH = re.compile(rf"(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:{_HOST}|\[[0-9A-Fa-f:.]+\])(?::\d{{1,5}})?/{_PATH}")
_SCP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*@" + _HOST + r":(?![-:])[A-Za-z0-9._~/+@,=-]+")
_HOST_AND_PATH = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev)/[\w.~-]+/[\w./~-]+")
_HELPER = re.compile(r"[A-Za-z0-9+.-]*::")
_PORTS = {"https": 443, "http": 80, "ssh": 22}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

Kind = Literal["https", "http", "ssh", "repository", "folder"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a submission is: ``url`` for git (empty for a plain folder), ``shown`` for people."""

    kind: Kind
    url: str
    shown: str
    folder: Path | None = None

    @property
    def host_and_port(self) -> str:
        """``host:port`` of a URL or of ``git@host:path``, in lower case, with the port that the scheme means."""
        if "://" not in self.url:
            return self.url.partition(":")[0].rpartition("@")[2].lower() + ":22"
        parts = urlsplit(self.url)
        authority = parts.netloc.rpartition("@")[2].lower()
        return authority if parts.port is not None else f"{authority}:{_PORTS[parts.scheme]}"

    def refused(self, what: str, expected: str = "", hint: str = "") -> SubmissionError:
        """An exception about this address."""
        return SubmissionError(Problem(self.shown, what, expected, hint))


def parse(repo: str) -> Address:
    """The address that a REPO argument stands for; local folders are looked at, hosts are not.

    Raises:
        SubmissionError: the form is not accepted, or there is no such folder.
    """
    shown = shown_form(repo)
    if not repo or len(repo) > _MAX_LENGTH or not all(map(printable, repo)):
        raise _refused(shown, "is empty, too long or has control characters")
    if repo.startswith("-"):
        raise _refused(shown, "looks like an option", "write ./ before a folder's name")
    scheme, separator, rest = repo.partition("://")
    if _HELPER.match(repo):
        raise _refused(shown, "names a transport program, which git would run")
    if separator:
        return _url(repo, scheme.lower(), rest, shown)
    folder = Path(repo)
    if not _exists(folder) and _SCP.fullmatch(repo):
        return Address("ssh", repo, shown)
    return _local(folder, shown)


def shown_form(repo: str) -> str:
    """REPO fit for messages and reports: printable, without the credentials of a URL."""
    scheme, separator, rest = repo.partition("://")
    if separator:
        authority, slash, path = rest.partition("/")
        _, at, host = authority.rpartition("@")
        hide = at and (scheme.lower() != "ssh" or ":" in authority[: -len(host) - 1])
        rest = (host if hide else authority) + slash + path
    return clean(scheme + separator + rest, 500)


def _url(repo: str, scheme: str, rest: str, shown: str) -> Address:
    if scheme == "file":
        return _file(rest, shown)
    if scheme not in {"https", "http", "ssh"}:
        raise _refused(shown, f"the scheme {clean(scheme, 20)}:// is not accepted")
    try:
        urlsplit(repo).port  # noqa: B018 - it raises
    except ValueError as error:
        raise _refused(shown, "has an impossible host or port") from error
    if not all(map(printable, unquote(rest))):
        raise _refused(shown, "has control characters")
    return _ssh(rest, shown) if scheme == "ssh" else _web(scheme, rest, shown)


def _file(rest: str, shown: str) -> Address:
    path = unquote(rest, errors="surrogateescape")
    if not rest.startswith("/") or "?" in rest or "#" in rest or "\0" in path:
        raise _refused(shown, "is not a file URL of this machine", "write file:///path/to/folder")
    return _local(Path(path), shown)


def _ssh(rest: str, shown: str) -> Address:
    if ":" in rest.partition("/")[0].rpartition("@")[0]:
        raise _refused(shown, "has a password in it", "use a key of your ssh agent")
    if not _SSH.fullmatch(rest):
        raise _refused(shown, "is not an ssh URL that gradekit accepts")
    return Address("ssh", "ssh://" + rest, shown)


def _web(scheme: str, rest: str, shown: str) -> Address:
    if "@" in rest.partition("/")[0]:
        hint = "put the token into GRADEKIT_TOKEN, and its host into GRADEKIT_TOKEN_HOSTS"
        raise _refused(shown, "has credentials in it", hint)
    match = _WEB.fullmatch(rest)
    if match is None:
        raise _refused(shown, f"is not an {scheme} URL of a repository", "leave out a query or a fragment")
    if scheme == "http" and match["host"].lower() not in _LOOPBACK:
        raise _refused(shown, "http is accepted for this machine only (127.0.0.1, localhost, [::1])", "use https")
    return Address("http" if scheme == "http" else "https", f"{scheme}://{rest}", shown)


def _local(folder: Path, shown: str) -> Address:
    try:
        real = folder.resolve(strict=True)
        is_folder = real.is_dir()
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "cannot be read"
        hint = f"write https://{shown}" if _HOST_AND_PATH.fullmatch(shown) else ""
        raise _refused(shown, f"is neither a URL nor a folder ({reason})", hint) from error
    if not is_folder:
        raise _refused(shown, "is a file", "unpack an archive first")
    git = real / ".git"
    if _mode(git) is None:
        bare = all((real / name).is_dir() for name in ("objects", "refs")) and (real / "HEAD").is_file()
        if not bare:
            return Address("folder", "", shown, real)
        git = real
    _refuse_detours(git, shown)
    return Address("repository", "file://" + quote(os.fsencode(real)), shown, real)


def _refuse_detours(git: Path, shown: str) -> None:
    """A repository given as a folder must not lead git to files elsewhere on this machine."""
    inside = (
        "HEAD",
        "config",
        "objects",
        "objects/info",
        "objects/pack",
        "packed-refs",
        "refs",
        "refs/heads",
        "refs/tags",
    )
    links = [name for name in (".", *inside) if stat.S_ISLNK(_mode(git / name) or 0)]
    if not stat.S_ISDIR(_mode(git) or 0):
        raise _refused(
            shown,
            "its .git is not a folder (a linked work tree or a submodule)",
            "give the main repository, with --ref for the branch",
        )
    borrowed = [name for name in ("commondir", "objects/info/alternates") if _mode(git / name) is not None]
    if links or borrowed:
        raise _refused(
            shown, f"it uses another repository ({(links + borrowed)[0]})", "make a full clone of it and give that"
        )


def _mode(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def _exists(path: Path) -> bool:
    return _mode(path) is not None


def _refused(shown: str, what: str, hint: str = "") -> SubmissionError:
    return SubmissionError(Problem(shown or "REPO", what, _EXPECTED, hint))
