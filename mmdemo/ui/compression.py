"""Streamlit's scripts and styles, compressed once and kept on disk.

Streamlit sends them as they are, because compressing anew for every visitor costs more than it saves. A page with a
chart is 8 MB that way and 2.3 MB this way. The names of these files contain a hash of their content, so what was
compressed under a name stays right for ever.
"""

import asyncio
import gzip
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mmdemo.store.files import replace_file

_TYPES = {".js": "text/javascript", ".css": "text/css"}
_FOLDER = "/static/"
_LEVEL = 6
_FOR_EVER = {
    "content-encoding": "gzip",
    "vary": "accept-encoding",
    "cache-control": "public, max-age=31536000, immutable",
}


class CompressedFiles:
    """ASGI middleware that answers requests for Streamlit's scripts and styles; everything else passes.

    Args:
        app: What answers everything else.
        folder: Where compressed files are kept; a file that cannot be kept is served as it is.
    """

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        import streamlit

        self._app = app
        self._folder = folder / streamlit.__version__
        self._source = Path(streamlit.__file__).parent / "static" / "static"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = None
        if scope["type"] == "http" and scope["method"] == "GET" and _takes_gzip(scope):
            found = await asyncio.to_thread(self._compressed, scope["path"])
        if found is None:
            await self._app(scope, receive, send)
            return
        kind = _TYPES[Path(scope["path"]).suffix]
        await Response(found, media_type=kind, headers=_FOR_EVER)(scope, receive, send)

    def _compressed(self, path: str) -> bytes | None:
        """The compressed content for a request path; None where there is no such script or style."""
        _, is_static, name = path.partition(_FOLDER)
        source = (self._source / name).resolve()
        inside = is_static and source.is_relative_to(self._source)
        if not inside or source.suffix not in _TYPES or not source.is_file():
            return None
        target = self._folder / f"{name}.gz"
        try:
            if not target.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                packed = gzip.compress(source.read_bytes(), _LEVEL, mtime=0)
                replace_file(target, packed, staging=self._folder / "staging")
            return target.read_bytes()
        except OSError:
            return None


def _takes_gzip(scope: Scope) -> bool:
    return "gzip" in Headers(scope=scope).get("accept-encoding", "")
