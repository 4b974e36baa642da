"""An archive of the kind that the kernel unpacks as its first root (Documentation/driver-api/early-userspace/buffer-format). Pure."""
import stat
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """`mode` has the kind of file in it; `device` is (major, minor) of a device node."""

    name: str
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


def folder(name: str) -> Entry:
    return Entry(name, stat.S_IFDIR | 0o755)


def program(name: str, content: bytes) -> Entry:
    return Entry(name, stat.S_IFREG | 0o755, content)


def character_device(name: str, major: int, minor: int) -> Entry:
    return Entry(name, stat.S_IFCHR | 0o666, device=(major, minor))


def archive(entries: list[Entry]) -> bytes:
    """All of them, which belong to root."""
    return b"".join(_member(number, entry) for number, entry in enumerate(entries, 1)) + _member(0, Entry("TRAILER!!!", 0))


def _member(number: int, entry: Entry) -> bytes:
    name = entry.name.encode() + b"\0"
    # Inode, mode, owner, group, links, time, size, device, device of a node, length of the name, checksum.
    fields = [number, entry.mode, 0, 0, 1, 0, len(entry.content), 0, 0, *entry.device, len(name), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(entry.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
