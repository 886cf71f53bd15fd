"""How repositories on the web are reached: whom to trust, and which hosts a secret is for."""

from __future__ import annotations

import os
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gradekit.errors import InfrastructureError, Problem, UsageError
from gradekit.texts import clean

if TYPE_CHECKING:
    from gradekit.submission.address import Address

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?P<port>:[1-9][0-9]{0,4})?")
_HTTPS = ":443"


@dataclass(frozen=True, slots=True)
class Access:
    """The operator's word on private repositories and certificates; nothing of a submission has a say in it.

    Attributes:
        token: sent as a password to ``hosts``; no host, no token.
        hosts: ``HOST`` (port 443) or ``HOST:PORT`` that the token and the helper are for.
        helper: a credential helper as git's ``credential.helper`` has it; it is asked about ``hosts`` only.
        ca_bundle: a file of PEM certificates to trust beside those of the system.
    """

    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()
    helper: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            UsageError: the token has characters that no token has, or a host is none.
        """
        if self.token and not all("!" <= char <= "~" for char in self.token):
            raise UsageError(Problem("GRADEKIT_TOKEN", "has spaces, control characters or other than ASCII"))
        for host in self.hosts:
            if not _HOST.fullmatch(host.lower()):
                raise UsageError(
                    Problem(
                        "token_hosts (GRADEKIT_TOKEN_HOSTS)",
                        f'"{clean(host, 80)}" is no host',
                        "HOST or HOST:PORT, such as git.example.org",
                        "leave out https:// and the path",
                    )
                )

    @property
    def secret(self) -> bool:
        """Whether there is anything to keep secret."""
        return bool(self.token or self.helper)

    def admits(self, address: Address) -> bool:
        """Whether the secret may be sent to an address."""
        named = {host if (match := _HOST.fullmatch(host)) and match["port"] else host + _HTTPS for host in self._lower}
        return self.secret and address.kind in {"https", "http"} and address.host_and_port in named

    def authorities(self, folder: Path) -> str | None:
        """A file of all authorities that git is to trust, made in ``folder`` if need be; None for git's own choice.

        Raises:
            InfrastructureError: the operator's file cannot be read.
        """
        usual = os.environ.get("GIT_SSL_CAINFO") or os.environ.get("SSL_CERT_FILE")
        if not self.ca_bundle:
            return usual
        try:
            texts = [Path(self.ca_bundle).read_bytes()]
        except OSError as error:
            what = f"{self.ca_bundle} cannot be read: {error.strerror}"
            raise InfrastructureError(
                Problem("ca_bundle (GRADEKIT_CA_BUNDLE)", what, "a file of PEM certificates")
            ) from error
        with suppress(OSError):
            texts.append(Path(usual or ssl.get_default_verify_paths().cafile or os.devnull).read_bytes())
        both = folder / "authorities.pem"
        both.write_bytes(b"\n".join(texts))
        return str(both)

    @property
    def _lower(self) -> tuple[str, ...]:
        return tuple(host.lower() for host in self.hosts)

    def advice(self, address: Address) -> str:
        """What to do when a host asks for credentials."""
        if address.kind == "ssh":
            return "check the address; for a private repository give your ssh agent a key that the host knows"
        host = address.host_and_port.removesuffix(_HTTPS)
        if not self.secret:
            return f"check the address; for a private repository set GRADEKIT_TOKEN and GRADEKIT_TOKEN_HOSTS={host}"
        name = "GRADEKIT_TOKEN" if self.token else "the credential helper"
        if self.admits(address):
            return f"check the address, and whether {name} is good for this repository and has not expired"
        return f"{name} was not used, for it is not for this host; if it is, set GRADEKIT_TOKEN_HOSTS={host}"
