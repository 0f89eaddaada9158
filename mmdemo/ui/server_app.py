"""The app as an ASGI application: what Streamlit serves, its own files compressed."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit import App

from mmdemo.ui.compression import CompressedFiles
from mmdemo.weights import cache_dir

ROOT = Path(__file__).resolve().parents[2]

app = App(ROOT / "app.py", middleware=[Middleware(CompressedFiles, folder=cache_dir() / "served")])
