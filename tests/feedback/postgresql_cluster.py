"""A PostgreSQL server of its own for the tests, in a folder that is thrown away."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

# Reached through a socket in its own folder: no port, so that any number run side by side. It confirms before it has
# written unless a transaction asks for more, as a careless administrator may have set it up. Nothing is synced: the
# tests kill processes and cut no power.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_writer_delay": "10s",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "20",
    "dynamic_shared_memory_type": "mmap",
}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, newest first; None where it is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    found = shutil.which("initdb")
    folders += [Path(found).resolve().parent] if found else []
    return next((path for path in folders if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


class Cluster:
    """A server that runs as a user without rights: PostgreSQL refuses to run as root."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short, as a socket's path has to be
        self._data = self.folder / "data"
        self._as: dict[str, object] = {}
        if os.geteuid() == 0:
            user = _unprivileged()
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", self._data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        lines = [f"{name} = '{value}'\n" for name, value in SETTINGS.items()]
        with (self._data / "postgresql.conf").open("a") as stream:
            stream.writelines([*lines, f"unix_socket_directories = '{self.folder}'\n"])
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-t", "60", "start")

    def crash(self) -> None:
        """End all processes of the server at once: none writes out what it still holds in memory."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def stop(self) -> None:
        """End the server and throw its folder away."""
        self.crash()
        shutil.rmtree(self.folder)

    def new_schema(self, user: str = "owner") -> str:
        """URL of a new, empty place for tables of a user: as good as a database, and much cheaper."""
        name = f"s{uuid.uuid4().hex[:12]}"
        self.sql(f"CREATE SCHEMA {name} AUTHORIZATION {user}")
        return f"postgresql://{user}:sesame@/postgres?host={self.folder}&options=-csearch_path%3D{name}"

    def sql(self, statement: str) -> list[tuple]:
        import psycopg

        with psycopg.connect(f"host={self.folder} user=owner dbname=postgres", autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def bytes_of_tables(self) -> bytes:
        """What lies in the files of all tables, written out before; the server's log, as it recycles it, is none."""
        self.sql("CHECKPOINT")
        ((oid,),) = self.sql("SELECT oid FROM pg_database WHERE datname = 'postgres'")
        return b"".join(path.read_bytes() for path in (self._data / "base" / str(oid)).iterdir())

    def _run(self, program: str, *arguments: object) -> None:
        # Into a file, not a pipe: the server inherits it and would keep a pipe open.
        with tempfile.TemporaryFile() as told:
            done = subprocess.run(
                [str(self._binaries / program), *map(str, arguments)],
                stdout=told,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                check=False,
                timeout=120,
                **self._as,  # pyright: ignore
            )
            told.seek(0)
            assert done.returncode == 0, told.read().decode(errors="replace")


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is neither a user postgres nor nobody to run the server as")
