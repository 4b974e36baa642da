"""Bundles for the containers that are measured: the busybox root of `hack/bundle`, and a configuration for each command."""
import json
import os
import subprocess
from pathlib import Path

HACK = Path(__file__).resolve().parent.parent


class Bundles:
    """Makes bundles below a folder; all share one root file system."""

    def __init__(self, folder: Path, vmrun: str) -> None:
        self._folder = folder
        self._counter = 0
        base = folder / "busybox"
        subprocess.run([HACK / "bundle", base, "true"], check=True, stdin=subprocess.DEVNULL,
                       env={**os.environ, "VMRUN": vmrun}, timeout=600)
        self.rootfs = base / "rootfs"
        self._configuration = json.loads((base / "config.json").read_text())

    def make(self, *command: str, writable: bool = False) -> Path:
        """A new bundle for a command; its root file system is read-only unless it is to be written."""
        self._counter += 1
        bundle = self._folder / f"bundle-{self._counter}"
        bundle.mkdir()
        (bundle / "config.json").write_text(json.dumps(self.configuration(command, writable)))
        return bundle

    def configuration(self, command: tuple[str, ...], writable: bool) -> dict:
        """config.json in a form that every runtime takes here."""
        result = json.loads(json.dumps(self._configuration))
        # crun refuses versions that it does not know; a raised limit needs a capability that root may not have.
        result["ociVersion"] = "1.0.2"
        result["process"]["args"] = list(command)
        result["process"]["terminal"] = False
        result["process"].pop("rlimits", None)
        result["root"] = {"path": str(self.rootfs), "readonly": not writable}
        return result
