"""Which hosts a tool may ask. Pure.

Rule: an address that is not everybody's on the internet (this machine, the network that it is in,
what a cloud tells its machines) is refused, whatever name leads there, unless the deployer lists it
in TOOL_HOSTS. Only a listed one is asked without TLS. Listed with a port, it is open at that port.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 as seen from a network that has only IPv6 (RFC 6052)."""
_WITH_PORT = re.compile(r"(\[[^\]]+\]|[^:]+):([0-9]+)")
_HIGHEST_PORT = 2**16 - 1
_OF_CLOUDS = frozenset({ipaddress.IPv4Address("168.63.129.16")})
"""Public by their number, and answered by the cloud that a machine stands in (Azure's)."""
_SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20"))
)
"""By IANA's registries, which older Pythons do not know whole: among them Oracle's metadata."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """What TOOL_HOSTS lists: names, and networks of one address or more, each with the one port at
    which it is open; None: at all of them."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[Network, int | None], ...] = ()

    @classmethod
    def parsed(cls, text: str) -> Hosts:
        """Names, addresses and networks, by commas, each with a port or without. ValueError says
        which is none of these, and why."""
        names, networks = set[tuple[str, int | None]](), list[tuple[Network, int | None]]()
        for each in filter(None, map(str.strip, text.split(","))):
            with_port = _WITH_PORT.fullmatch(each)
            host, port = (with_port[1], int(with_port[2])) if with_port else (each, None)
            if port is not None and not 1 <= port <= _HIGHEST_PORT:
                raise ValueError(f"{each}: a port is a number from 1 to {_HIGHEST_PORT}")
            if network := _network(host):
                networks.append((network, port))
            elif _is_name(host):
                names.add((host.lower(), port))
            else:
                raise ValueError(
                    f"{each} must be a host name, an address or a network like 10.0.0.0/8, "
                    "with a port or without"
                )
        return cls(frozenset(names), tuple(networks))

    def lists(self, host: str, address: Address | None = None, *, port: int) -> bool:
        """Whether this name, or this address, is among them."""
        address, ports = address or _literal(host), (None, port)
        is_in = address is not None and any(
            address in network for network, at in self.networks if at in ports
        )
        return is_in or any((host.lower(), at) in self.names for at in ports)

    def may_reach(self, host: str, address: Address, port: int) -> bool:
        plain = _unwrapped(address)
        if is_public(plain):
            return True
        return self.lists(host, plain, port=port) or self.lists(host, address, port=port)


def _network(text: str) -> Network | None:
    """None: it is neither that nor an address. ValueError: it says more than its length has."""
    try:
        wide = ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
    address = text.strip("[]").partition("/")[0]
    if wide.network_address != ipaddress.ip_address(address):
        raise ValueError(f"{text} is no network: write {wide}, or {address} for that address alone")
    return wide


def _is_name(text: str) -> bool:
    """What has nothing but digits and dots was to be an address."""
    is_name = re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", text)
    return bool(is_name) and not re.fullmatch(r"[0-9.]+", text)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether it is the same host for everybody on the internet."""
    address = _unwrapped(address)
    if isinstance(address, ipaddress.IPv6Address) and (
        address.sixtofour or address.teredo or address.is_site_local
    ):
        return False  # tunnels to some IPv4 address, and what was private once
    is_special = address in _OF_CLOUDS or any(address in network for network in _SPECIAL)
    is_special |= address.is_multicast or address.is_reserved
    return address.is_global and not is_special
