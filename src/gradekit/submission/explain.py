"""What went wrong, from git's own words; they are hostile, and only ever choose between our messages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradekit.errors import GradekitError, InfrastructureError, Problem
from gradekit.submission.access import Access
from gradekit.submission.address import Address
from gradekit.texts import clean

_SHOWN = 300


@dataclass(frozen=True, slots=True)
class _Case:
    pattern: str
    what: str
    hint: str = ""
    quoted: bool = False
    """Whether git's own line is shown too."""
    private: bool = False
    """Whether the hint is about credentials."""


_CASES = (
    _Case(
        r"Could not resolve (host|proxy|hostname)", "the host's name is not known", "check the spelling and the network"
    ),
    _Case(
        r"Failed to connect|Couldn't connect|Connection (refused|timed out|reset)|No route to host|unreachable",
        "the host does not answer",
        "check the address and the network",
    ),
    _Case(r"Operation too slow|timed out", "the host is too slow", "try again later"),
    _Case(
        r"could not read (Username|Password)|Authentication failed|returned error: 40[13]|HTTP 40[13]"
        r"|Permission denied|terminal prompts disabled",
        "the host asks for credentials: it is private, or there is no such repository",
        private=True,
    ),
    _Case(
        r"Host key verification failed",
        "the host's key is not known to ssh, or has changed",
        "connect once with ssh by hand, and compare the key with the one that the host publishes",
    ),
    _Case(
        r"does not match target|no alternative certificate subject|certificate subject name",
        "the connection is not secure: the host's certificate is for another name",
        "give the name that the certificate has",
    ),
    _Case(
        r"certificate has expired|certificate is not yet valid",
        "the connection is not secure: the host's certificate is not valid today",
        "have it renewed, and check the clock of this machine",
    ),
    _Case(
        r"certificate verification failed|SSL certificate problem|server verification failed",
        "the connection is not secure: the host's certificate has expired, or no authority known here has signed it",
        "name the file of your own authority's certificate in ca_bundle of gradekit.toml or in GRADEKIT_CA_BUNDLE",
    ),
    _Case(
        r"SSL|certificate|GnuTLS|schannel",
        "no secure connection comes about",
        "check the address and its port",
        quoted=True,
    ),
    _Case(
        r"returned error: 30\d|redirect|Protocol .* not supported or disabled",
        "the host sends git elsewhere, which is not followed",
        "give the address where the repository is",
    ),
    _Case(r"returned error: 429", "the host gets too many requests from here", "try again later"),
    _Case(r"returned error: 5\d\d", "the host has a fault of its own", "try again later", quoted=True),
    _Case(
        r"dumb http transport|does not support shallow",
        "the host speaks git's old protocol only",
        "publish it where the smart HTTP protocol is spoken",
    ),
    _Case(
        r"repository .* not found|returned error: 404|does not appear to be a git repository|not a git repository"
        r"|is this a git repo",
        "there is no repository",
        "check the address",
    ),
    _Case(
        r"dubious ownership|owned by someone else",
        "it belongs to another user of this machine",
        "change its owner, or give a clone of it",
    ),
    _Case(
        r"mismatched algorithms|unsupported.*object.format",
        "it has SHA-256 object names",
        "publish it with SHA-1 names",
    ),
    _Case(r"out of memory|cannot allocate|mmap failed", "unpacking it takes more than 2 GiB of memory"),
    _Case(
        r"fsck error|error: object [0-9a-f]{40}",
        "it holds objects that git takes for broken or dangerous",
        "make the commit anew with a current git",
        quoted=True,
    ),
)
_FULL = re.compile(r"^(?!remote:|fatal: remote error).*(No space left on device|Disk quota exceeded)", re.MULTILINE)
_UNKNOWN_REF = re.compile(
    r"couldn't find remote ref|not our ref|unadvertised object|no such remote ref|remote error: want .* not valid"
)


def unknown_ref(errors: str) -> bool:
    """Whether git did not find what it was asked for, while it did find the repository."""
    return _UNKNOWN_REF.search(errors) is not None


def failure(address: Address, errors: str, access: Access) -> GradekitError:
    """The exception for a fetch that failed with this error output."""
    if _FULL.search(errors):
        return InfrastructureError(Problem("git", "the disk is full", "", "free some space for temporary files"))
    line = _last_words(errors)
    errors = errors.replace(address.url.rstrip("/"), "")  # a repository may be called after an error
    for case in _CASES:
        if re.search(case.pattern, errors, re.IGNORECASE):
            hint = access.advice(address) if case.private else case.hint
            return address.refused(f"{case.what} ({line})" if case.quoted else case.what, "", hint)
    return address.refused(f"git cannot fetch it ({line})", "", "try git clone by hand")


def _last_words(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    own = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return clean((own or lines or ["no message"])[-1 if not own else 0], _SHOWN)
