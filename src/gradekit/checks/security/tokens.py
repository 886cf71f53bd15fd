"""JSON Web Tokens (RFC 7519) as an attacker forges them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

WEAK = (
    "secret",
    "Secret",
    "SECRET",
    "secretkey",
    "secret-key",
    "secret_key",
    "supersecret",
    "super-secret",
    "mysecret",
    "my-secret",
    "my-secret-key",
    "jwt",
    "jwtsecret",
    "jwt-secret",
    "jwt_secret",
    "JWT_SECRET",
    "password",
    "changeme",
    "change-me",
    "change_me",
    "default",
    "dev",
    "dev-secret",
    "test",
    "admin",
    "key",
    "token",
    "qwerty",
    "123456",
    "12345678",
    "your-secret-key",
    "your-256-bit-secret",
    "",
)
"""Secrets that stand in examples and guides, the first ones that anybody tries."""
_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def secret_of(token: str) -> str | None:
    """The weak secret that a token is signed with; None for any other."""
    head, claims, signature = token.split(".")
    algorithm = str(_decoded(head).get("alg"))
    if algorithm not in _HASHES:
        return None
    signed = f"{head}.{claims}".encode()
    return next((secret for secret in WEAK if _signature(algorithm, secret, signed) == signature), None)


def unsigned(token: str, algorithm: str) -> str:
    """The claims under a head that asks for no signature."""
    return f"{_encoded({'alg': algorithm, 'typ': 'JWT'})}.{_other_claims(token)}."


def altered(token: str) -> str:
    """Other claims under the signature of the old ones."""
    head, _, signature = token.split(".")
    return f"{head}.{_other_claims(token)}.{signature}"


def forged(token: str, secret: str) -> str:
    """Other claims, signed with a secret."""
    head = token.partition(".")[0]
    signed = f"{head}.{_other_claims(token)}"
    return f"{signed}.{_signature(str(_decoded(head).get('alg')), secret, signed.encode())}"


def _other_claims(token: str) -> str:
    """The claims with one more, which no app looks at: the same user, another text to sign."""
    return _encoded({**_decoded(token.split(".")[1]), "x": 1})


def _signature(algorithm: str, secret: str, signed: bytes) -> str:
    return _base64(hmac.new(secret.encode(), signed, _HASHES[algorithm]).digest())


def _encoded(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(part: str) -> Mapping[str, Any]:
    """The object of a part; empty where it is none."""
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
