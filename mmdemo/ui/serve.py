"""The server of the app, in this process, which saves starting a second one."""

from pathlib import Path

from streamlit.web import bootstrap


def serve(app: Path, *, port: int, address: str) -> None:
    """Serve `app` until the process is stopped.

    Args:
        app: The Streamlit script.
        port: To listen on.
        address: To listen on.
    """
    options = {"server.port": port, "server.address": address}
    flags = {name.replace(".", "_"): value for name, value in options.items()}
    bootstrap.load_config_options(flag_options=flags)
    bootstrap.run_asgi_app(str(app), "mmdemo.ui.server_app:app", [], flags)
