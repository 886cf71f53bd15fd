"""Where a host's name leads: never to this machine's link, where the metadata services of clouds are."""

from __future__ import annotations

import ipaddress
import socket
from urllib.request import getproxies, proxy_bypass

from gradekit.submission.address import Address

_NEVER = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
            "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
            "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128",
        ),
    )
)  # fmt: skip
"""Links, groups, "any address", and the metadata services of clouds that are elsewhere."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def looked_up(address: Address) -> tuple[str, ...]:
    """The numeric addresses of a host; none when a proxy looks it up, or nobody knows it, which git will say.

    Raises:
        SubmissionError: one of them is no place for a repository.
    """
    host, _, port = address.host_and_port.rpartition(":")
    name = host.strip("[]")
    proxied = address.kind != "ssh" and {address.kind, "all"} & getproxies().keys() and not proxy_bypass(name)
    if proxied and not _is_number(name):
        return ()
    try:
        found = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    numbers = tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for number in numbers:
        if _forbidden(number):
            raise address.refused(
                f"the host is {number}, an address of this machine's own network or of a cloud's metadata",
                "",
                "give the address of the repository's host",
            )
    return numbers


def _is_number(name: str) -> bool:
    try:
        socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


def _forbidden(number: str) -> bool:
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return any(address in network for network in _NEVER if network.version == address.version)
