"""One container that attacks, and what the host has prepared for it."""
import contextlib
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

ATTACK_SECONDS = 20


@dataclass
class Attempt:
    """A container with its files on the host. Scenarios add to it what they need; `undo` has all that is to be undone."""

    folder: Path
    attack: Path
    runtime: object
    profile: str
    undo: contextlib.ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    # By scenario: looks on the host for the attack's success. Called again and again while the container runs.
    checks: dict[str, Callable[["Attempt"], bool]] = field(default_factory=dict)
    # Called once, when the container runs: with its name and the verb's process.
    during: list[Callable[["Attempt", str, subprocess.Popen], None]] = field(default_factory=list)
    # Called when all of the attempt's files are made.
    when_ready: list[Callable[[], None]] = field(default_factory=list)
    output: bytes = b""
    ended: bool = False
    # The most memory that a sandbox with a lost guest has had, in bytes.
    peak: int = 0
    more_mounts: list[dict] = field(default_factory=list)
    # What is left open for the runtime on purpose.
    leak: Path | None = None

    def __post_init__(self) -> None:
        for name in ("rootfs", "share", "read-only", "markers"):
            (self.folder / name).mkdir(parents=True)
        for name in ("proc", "sys", "dev", "tmp", "run", "mnt/share", "mnt/read-only", "bin", "etc"):
            (self.rootfs / name).mkdir(parents=True)
        shutil.copy(self.attack, self.rootfs / "attack")
        (self.folder / "daemon.sock").touch()
        self.environment.update(HOST_ROOT=str(self.rootfs), ATTACK_SECONDS=str(ATTACK_SECONDS))

    @property
    def rootfs(self) -> Path:
        return self.folder / "rootfs"

    @property
    def share(self) -> Path:
        return self.folder / "share"

    @property
    def read_only(self) -> Path:
        return self.folder / "read-only"

    def marker(self, name: str) -> Path:
        """A file outside of everything that is shared, which nobody makes but who runs on the host."""
        return self.folder / "markers" / name

    def secret(self, name: str) -> tuple[Path, str]:
        """A folder outside of everything that is shared, with a file `secret`; and what is in that."""
        folder, token = self.folder / name, new_token()
        folder.mkdir()
        (folder / "secret").write_text(token + "\n")
        (folder / "secret").chmod(0o600)
        return folder, token

    def came_out(self, token: str) -> bool:
        """Whether the container has shown a secret that nobody has given it."""
        if token.encode() in self.output:
            return True
        # While it runs, names may change between two looks, and the host itself would fall to an attack.
        return self.ended and any(_holds(folder, token.encode()) for folder in (self.share, self.read_only))

    def mounts(self) -> list[dict]:
        def bind(source: Path, target: str, *options: str) -> dict:
            return {"destination": target, "type": "bind", "source": str(source), "options": ["rbind", "rprivate", *options]}
        return [bind(self.share, "/mnt/share", "rw"), bind(self.read_only, "/mnt/read-only", "ro"),
                bind(self.folder / "daemon.sock", "/run/host.sock", "rw"), *self.more_mounts]


def _holds(folder: Path, token: bytes) -> bool:
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            with contextlib.suppress(OSError):
                if not path.is_symlink() and path.is_file() and token in path.read_bytes():
                    return True
    return False


def new_token() -> str:
    return secrets.token_hex(12)


def remove(folder: Path) -> None:
    """A folder whose mounts are gone. A file system that refuses leaves a folder in the work folder and no more."""
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):
        raise OSError(f"{folder} could not be removed")
