"""Addresses: whether one that a service names is on the public web."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_public(address: str) -> bool:
    """Whether an address is on the public web: one that a service names may not lead into the reader's own network.

    >>> is_public("https://arxiv.org/pdf/1"), is_public("http://127.0.0.1/x"), is_public("file:///etc/passwd")
    (True, False, False)
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".").lower()
    if parts.scheme not in ("http", "https") or "." not in host or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not host.rpartition(".")[2].isdecimal()
