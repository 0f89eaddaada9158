"""Whether the model hub can be reached, found out in less than a second whatever is wrong with the network."""

import os
import select
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

_PUBLIC_HUB = "https://huggingface.co"
_GATEWAY_STATUSES = frozenset({407, 502, 503, 504})  # a proxy's answer, not the hub's


def hub_endpoint() -> str:
    """Address of the hub in use: $HF_ENDPOINT, as everything that speaks to it reads it, else the public one."""
    return (os.environ.get("HF_ENDPOINT") or _PUBLIC_HUB).rstrip("/")


def is_switched_off() -> bool:
    """Whether the user forbade all calls to the hub (HF_HUB_OFFLINE)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "TRUE", "YES", "ON"}


def hub_connects(timeout_s: float = 0.8) -> bool:
    """Whether something takes connections where the hub, or the proxy on the way to it, should be."""
    if is_switched_off():
        return False
    host, port = _first_hop(hub_endpoint())
    return _within(timeout_s, lambda deadline: _connects(host, port, deadline))


def address_connects(url: str, timeout_s: float = 0.8) -> bool:
    """Whether something takes connections where another server, or the proxy on the way to it, should be."""
    host, port = _first_hop(url)
    return _within(timeout_s, lambda deadline: _connects(host, port, deadline))


def hub_answers(timeout_s: float = 0.8) -> bool:
    """Whether the hub itself answers; any status of its own will do."""
    if is_switched_off():
        return False
    host, port = _first_hop(hub_endpoint())
    return _within(timeout_s, lambda deadline: _connects(host, port, deadline) and _responds(deadline))


def _within(timeout_s: float, ask: Callable[[float], bool]) -> bool:
    """What `ask(deadline)` says, or False when the time is over: looking up a name cannot be told to stop."""
    answers: list[bool] = []
    deadline = time.monotonic() + timeout_s
    asking = threading.Thread(target=lambda: answers.append(ask(deadline)), daemon=True, name="hub-reach")
    asking.start()
    asking.join(timeout_s)
    return bool(answers) and answers[0]


def _first_hop(endpoint: str) -> tuple[str, int]:
    """Host and port that a request to the hub goes to first."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    proxies = {} if urllib.request.proxy_bypass(host) else urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    hop = parts if proxy is None else urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        port = hop.port
    except ValueError:  # not a number: nothing listens there
        port = None
    return hop.hostname or "", port or (443 if hop.scheme == "https" else 80)


def _connects(host: str, port: int, deadline: float) -> bool:
    """Try the first address of each family side by side: one dead family must not hide that the other works."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # no such name, or no name at all
        return False
    with ExitStack() as stack:
        waiting = []
        for family, address in {entry[0]: entry[4] for entry in reversed(found)}.items():
            try:
                trying = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                trying.setblocking(False)
                trying.connect_ex(address)
            except OSError:  # the machine lacks this family
                continue
            waiting.append(trying)
        while waiting and (left := deadline - time.monotonic()) > 0:
            _, ready, _ = select.select([], waiting, [], left)
            if any(trying.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 for trying in ready):
                return True
            waiting = [trying for trying in waiting if trying not in ready]
    return False


def _responds(deadline: float) -> bool:
    left = deadline - time.monotonic()
    request = urllib.request.Request(hub_endpoint(), method="HEAD")
    try:
        # Not `urlopen`, which keeps to the proxies that were set when it was first called.
        urllib.request.build_opener().open(request, timeout=max(left, 0.01)).close()
    except urllib.error.HTTPError as error:
        return error.code not in _GATEWAY_STATUSES
    except (OSError, ValueError):  # URLError is an OSError; ValueError: an address that is none
        return False
    return True
