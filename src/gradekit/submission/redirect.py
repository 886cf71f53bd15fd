"""A host's word that a repository is elsewhere: it is taken only for other places on the same host."""

from __future__ import annotations

from urllib.parse import urljoin

from gradekit.errors import SubmissionError
from gradekit.submission.access import Access
from gradekit.submission.address import Address, parse, shown_form

_REFS = "/info/refs?service=git-upload-pack"
_HINT = "give the address where the repository is"
_HOPS = 3


def moved(address: Address, url: str, location: str, hops: int, access: Access) -> str:
    """The repository's new URL, when the host answered to a request for ``url`` with this ``Location`` header.

    ``hops`` counts the redirects, this one included.

    Raises:
        SubmissionError: it is another host, port or scheme, no repository, or one redirect too many.
    """
    try:
        target = urljoin(url.rstrip("/") + _REFS, location)
    except ValueError:
        target = location
    what = f"the host sends git to {shown_form(target)}"
    base = target.removesuffix(_REFS)
    try:
        new = parse(base) if base.startswith(("https://", "http://")) else None
    except SubmissionError:
        new = None
    if new is None:
        raise address.refused(f"{what}, which is not accepted", "", _HINT)
    if (new.kind, new.host_and_port) != (address.kind, address.host_and_port):
        raise address.refused(f"{what}, and only its own addresses are followed", "", _HINT)
    if base == target:
        raise address.refused(f"{what}, which is no repository", "", access.advice(address))
    if hops > _HOPS:
        raise address.refused(f"the host sends git on more than {_HOPS} times", "", _HINT)
    return new.url
