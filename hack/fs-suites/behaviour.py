#!/usr/bin/env python3
"""Does what containers do to a file system in two folders, and compares what comes of it.

usage: behaviour.py FOLDER REFERENCE [CHECK...]

Every check answers what it has observed; the reference (the host's own file system) says what is right.
Needs root. Ends with 1 where anything differs.
"""
import ctypes
import errno
import fcntl
import hashlib
import mmap
import os
import shutil
import socket
import stat
import struct
import subprocess
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
CHECKS = []
AT_FDCWD = -100
USER, GROUP = 4711, 4712
# What differs, and why; Sources/FileServer/README.md says more.
KNOWN = {
    "sparse_files": "with a writeback cache all of a file counts as data, and its blocks are counted late",
    "preallocation": "the kernel's FUSE refuses FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE",
}


def check(function):
    CHECKS.append(function)
    return function


def attempt(function, *arguments, **named):
    """The value, or the name of the error."""
    try:
        return function(*arguments, **named)
    except OSError as error:
        return errno.errorcode.get(error.errno, error.errno)


def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    return errno.errorcode[ctypes.get_errno()] if result < 0 else result


def write(path, data=b"x", mode=0o644):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def mode(path):
    return oct(os.lstat(path).st_mode)


def as_user(function, uid=USER, gid=GROUP, groups=()):
    """Runs it in a child as another user; the answer comes back as text."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(list(groups))
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            os.write(writer, repr(attempt(function)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(pid, 0)
    return answer


@check
def unnamed_files(d):
    out = []
    fd = os.open(d, os.O_TMPFILE | os.O_RDWR, 0o640)
    os.write(fd, b"hello")
    out.append(os.fstat(fd).st_nlink)
    out.append(attempt(os.link, f"/proc/self/fd/{fd}", f"{d}/linked", follow_symlinks=True))
    out.append((os.fstat(fd).st_nlink, mode(f"{d}/linked"), read(f"{d}/linked")))
    os.close(fd)
    fd = os.open(d, os.O_TMPFILE | os.O_RDWR | os.O_EXCL, 0o640)
    out.append(attempt(os.link, f"/proc/self/fd/{fd}", f"{d}/never", follow_symlinks=True))
    os.close(fd)
    return out


@check
def unlinked_open_files(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT, 0o600)
    os.write(fd, b"before")
    os.unlink(f"{d}/f")
    os.write(fd, b" after")
    os.fchmod(fd, 0o640)
    os.ftruncate(fd, 8)
    status = os.fstat(fd)
    out = [os.pread(fd, 100, 0), status.st_nlink, oct(status.st_mode), status.st_size, os.listdir(d)]
    again = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
    out.append(os.read(again, 100))
    os.close(again)
    os.close(fd)
    return out


@check
def removed_folder_in_use(d):
    os.mkdir(f"{d}/gone")
    fd = os.open(f"{d}/gone", os.O_RDONLY)
    os.rmdir(f"{d}/gone")
    out = [os.listdir(fd), os.fstat(fd).st_nlink,
           attempt(os.open, "new", os.O_CREAT | os.O_WRONLY, dir_fd=fd)]
    os.close(fd)
    return out


@check
def rename_flags(d):
    out = []
    write(f"{d}/a", b"a")
    write(f"{d}/b", b"b")

    def rename2(a, b, flags):
        return call("renameat2", AT_FDCWD, f"{d}/{a}".encode(), AT_FDCWD, f"{d}/{b}".encode(), flags)

    out += [rename2("a", "b", 1), rename2("a", "c", 1), rename2("c", "b", 2), read(f"{d}/b"), read(f"{d}/c")]
    out += [rename2("b", "w", 4), stat.S_ISCHR(os.lstat(f"{d}/b").st_mode), os.lstat(f"{d}/b").st_rdev]
    out += [rename2("w", "none", 2), rename2("w", "x", 8), rename2("w", "x", 3)]
    os.mkdir(f"{d}/dir")
    os.mkdir(f"{d}/full")
    write(f"{d}/full/f")
    out += [rename2("dir", "full", 0), rename2("w", "dir", 0), rename2("dir", "w", 0),
            rename2("full", "full/sub", 0), rename2("full", "dir", 0), sorted(os.listdir(d))]
    return out


@check
def rename_while_open(d):
    write(f"{d}/a", b"old")
    write(f"{d}/b", b"new")
    fd = os.open(f"{d}/a", os.O_RDONLY)
    os.rename(f"{d}/b", f"{d}/a")
    out = [os.read(fd, 10), os.fstat(fd).st_nlink, read(f"{d}/a")]
    os.close(fd)
    return out


@check
def sparse_files(d):
    fd = os.open(f"{d}/s", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, b"x" * 4096, 1 << 20)
    os.pwrite(fd, b"y" * 4096, 4 << 20)
    os.fsync(fd)
    out = [os.fstat(fd).st_size, os.fstat(fd).st_blocks]
    for start in (0, 1 << 20, (1 << 20) + 4096, 4 << 20, (4 << 20) + 4096):
        out.append((attempt(os.lseek, fd, start, os.SEEK_DATA), attempt(os.lseek, fd, start, os.SEEK_HOLE)))
    os.close(fd)
    return out


@check
def data_not_yet_written_back(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
    os.write(fd, b"x" * 100000)
    out = [attempt(os.lseek, fd, 0, os.SEEK_DATA), attempt(os.lseek, fd, 50000, os.SEEK_HOLE)]
    shutil.copy(f"{d}/f", f"{d}/g")
    subprocess.run(["cp", f"{d}/f", f"{d}/h"], check=True)
    os.close(fd)
    return out, read(f"{d}/g") == read(f"{d}/h") == b"x" * 100000


@check
def preallocation(d):
    out = []
    for kind in (0, 1, 3, 0x10, 0x11, 0x8, 0x20, 2, 0x100):
        fd = os.open(f"{d}/p{kind}", os.O_RDWR | os.O_CREAT)
        os.write(fd, bytes(range(256)) * 128)
        os.fsync(fd)
        result = call("fallocate", fd, kind, ctypes.c_long(8192), ctypes.c_long(8192))
        os.fsync(fd)
        digest = hashlib.sha256(os.pread(fd, 1 << 20, 0)).hexdigest()[:8]
        out.append((kind, result, os.fstat(fd).st_size, digest))
        out.append(call("fallocate", fd, kind, ctypes.c_long(-1), ctypes.c_long(8192)))
        os.close(fd)
    return out


@check
def extended_attributes(d):
    out = []
    write(f"{d}/f")
    os.mkdir(f"{d}/dir")
    os.symlink("f", f"{d}/link")
    os.mkfifo(f"{d}/pipe")
    for name in ("f", "dir", "link", "pipe"):
        path = f"{d}/{name}"
        for attribute in ("user.one", "security.capability", "other.x", "user."):
            value = struct.pack("<IIIII", 0x02000000, 1 << 13, 0, 0, 0)
            set_ = attempt(os.setxattr, path, attribute, value, follow_symlinks=False)
            out.append((name, attribute, set_, attempt(os.getxattr, path, attribute, follow_symlinks=False)))
        out.append(sorted(os.listxattr(path, follow_symlinks=False)))
    path = f"{d}/f"
    out.append(attempt(os.setxattr, path, "user.one", b"n", os.XATTR_CREATE))
    out.append(attempt(os.setxattr, path, "user.no", b"n", os.XATTR_REPLACE))
    out.append(attempt(os.setxattr, path, "user.empty", b""))
    out.append(attempt(os.getxattr, path, "user.empty"))
    out.append(attempt(os.setxattr, path, "user." + "n" * 250, b"v"))
    out.append(attempt(os.setxattr, path, "user." + "n" * 251, b"v"))
    out.append(attempt(os.setxattr, path, "user.big", b"v" * 2000))
    out.append(attempt(os.setxattr, path, "user.huge", b"v" * 65537))
    out.append(attempt(os.removexattr, path, "user.one"))
    out.append(attempt(os.removexattr, path, "user.one"))
    out.append(attempt(os.getxattr, path, "user.one"))
    out.append(sorted(os.listxattr(path)))
    return out


@check
def capabilities_cleared_by_writing(d):
    out = []
    value = struct.pack("<IIIII", 0x02000000, 1 << 13, 0, 0, 0)
    for action in ("write", "chown", "truncate"):
        path = f"{d}/{action}"
        write(path)
        os.setxattr(path, "security.capability", value)
        if action == "write":
            with open(path, "r+b") as file:
                file.write(b"z")
        elif action == "chown":
            os.chown(path, 5, 5)
        else:
            os.truncate(path, 0)
        out.append((action, "security.capability" in os.listxattr(path)))
    return out


@check
def access_control_lists(d):
    out = []

    def run(*words):
        done = subprocess.run(words, cwd=d, capture_output=True, text=True)
        return done.returncode, done.stdout

    write(f"{d}/f", mode=0o640)
    os.mkdir(f"{d}/dir")
    out.append(run("setfacl", "-m", f"u:{USER}:rw,g:{GROUP}:r", "f"))
    out.append(run("getfacl", "-n", "f"))
    out.append(mode(f"{d}/f"))
    out.append(as_user(lambda: open(f"{d}/f", "r+b").read()))
    out.append(as_user(lambda: open(f"{d}/f", "rb").read(), uid=99, gid=GROUP))
    out.append(as_user(lambda: open(f"{d}/f", "r+b").read(), uid=99, gid=GROUP))
    out.append(as_user(lambda: open(f"{d}/f", "rb").read(), uid=99, gid=99))
    os.chmod(f"{d}/f", 0o600)
    out.append(run("getfacl", "-n", "f"))
    out.append(run("setfacl", "-d", "-m", f"u:{USER}:rwx,g::rx,o::-", "dir"))
    old = os.umask(0o077)
    fd = os.open(f"{d}/dir/made", os.O_CREAT | os.O_WRONLY, 0o666)
    os.close(fd)
    os.mkdir(f"{d}/dir/sub", 0o777)
    os.mknod(f"{d}/dir/node", 0o666 | stat.S_IFIFO)
    os.umask(old)
    out.append(run("getfacl", "-n", "dir/made", "dir/sub", "dir/node"))
    out.append(run("setfacl", "-b", "f", "dir"))
    out.append(run("getfacl", "-n", "f", "dir"))
    return out


@check
def umask_without_lists(d):
    out = []
    for mask in (0, 0o022, 0o077, 0o777):
        old = os.umask(mask)
        os.close(os.open(f"{d}/f{mask}", os.O_CREAT | os.O_WRONLY, 0o6777))
        os.mkdir(f"{d}/d{mask}", 0o7777)
        os.mkfifo(f"{d}/p{mask}", 0o666)
        os.symlink("x", f"{d}/l{mask}")
        os.umask(old)
        out.append([mode(f"{d}/{kind}{mask}") for kind in "fdpl"])
    return out


@check
def set_id_bits(d):
    os.chmod(d, 0o777)
    write(f"{d}/source", b"0123456789")
    out = []
    for start in (0o6777, 0o6755, 0o6711, 0o2766, 0o6666, 0o2770):
        for action in ("write", "truncate", "ftruncate", "open", "fallocate", "mmap", "copy", "chown", "splice"):
            for user in (0, USER):
                path = f"{d}/{start:o}.{action}.{user}"
                write(path, b"x" * 4096)
                if action == "chown":
                    os.chown(path, USER, GROUP)
                os.chmod(path, start | 0o006)

                def act():
                    if action == "truncate":
                        os.truncate(path, 1)
                    elif action == "open":
                        os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))
                    elif action == "chown":
                        os.chown(path, -1, GROUP + 1)
                    else:
                        fd = os.open(path, os.O_RDWR)
                        if action == "write":
                            os.write(fd, b"y")
                        elif action == "ftruncate":
                            os.ftruncate(fd, 2)
                        elif action == "fallocate":
                            os.posix_fallocate(fd, 0, 8192)
                        elif action == "mmap":
                            with mmap.mmap(fd, 4096) as memory:
                                memory[0] = 1
                        elif action == "copy":
                            source = os.open(f"{d}/source", os.O_RDONLY)
                            os.copy_file_range(source, fd, 10)
                        elif action == "splice":
                            reader, writer = os.pipe()
                            os.write(writer, b"abc")
                            os.splice(reader, fd, 3)
                        os.close(fd)

                done = as_user(act, uid=user, gid=GROUP if user else 0, groups=[GROUP + 1])
                out.append((f"{start:o}", action, user, done, mode(path)))
    return out


@check
def set_group_id_folders(d):
    os.mkdir(f"{d}/shared")
    os.chown(f"{d}/shared", 0, GROUP + 9)
    os.chmod(f"{d}/shared", 0o2777)
    out = []

    def make():
        os.umask(0)
        os.close(os.open(f"{d}/shared/f", os.O_CREAT | os.O_WRONLY, 0o2775))
        os.close(os.open(f"{d}/shared/g", os.O_CREAT | os.O_WRONLY, 0o2765))
        os.mkdir(f"{d}/shared/d", 0o755)
        os.mkfifo(f"{d}/shared/p", 0o2777)
        os.symlink("x", f"{d}/shared/l")

    out.append(as_user(make))
    for name in sorted(os.listdir(f"{d}/shared")):
        status = os.lstat(f"{d}/shared/{name}")
        out.append((name, oct(status.st_mode), status.st_uid, status.st_gid))
    return out


@check
def owners_of_new_files(d):
    os.chmod(d, 0o777)
    out = []

    def make():
        os.umask(0o022)
        os.close(os.open(f"{d}/f", os.O_CREAT | os.O_WRONLY, 0o666))
        os.mkdir(f"{d}/d")
        os.symlink("x", f"{d}/l")
        os.mkfifo(f"{d}/p")
        os.link(f"{d}/f", f"{d}/h")
        fd = os.open(d, os.O_TMPFILE | os.O_RDWR, 0o600)
        status = os.fstat(fd)
        server = socket.socket(socket.AF_UNIX)
        os.chdir(d)
        server.bind("s")
        return status.st_uid, status.st_gid, attempt(os.mknod, f"{d}/n", stat.S_IFCHR | 0o600, 0x103)

    out.append(as_user(make))
    for name in sorted(os.listdir(d)):
        status = os.lstat(f"{d}/{name}")
        out.append((name, oct(status.st_mode), status.st_uid, status.st_gid, status.st_nlink))
    return out


@check
def permissions(d):
    write(f"{d}/private", mode=0o600)
    os.mkdir(f"{d}/closed", 0o700)
    write(f"{d}/closed/f", mode=0o666)
    os.mkdir(f"{d}/sticky")
    os.chmod(f"{d}/sticky", 0o1777)
    write(f"{d}/sticky/f")
    os.chmod(d, 0o777)
    attempts = [
        lambda: open(f"{d}/private").read(), lambda: open(f"{d}/closed/f").read(),
        lambda: os.unlink(f"{d}/sticky/f"), lambda: os.chmod(f"{d}/private", 0o666),
        lambda: os.chown(f"{d}/private", USER, -1), lambda: os.utime(f"{d}/private", (1, 1)),
        lambda: os.listdir(f"{d}/closed"), lambda: os.setxattr(f"{d}/private", "user.x", b"y"),
        lambda: os.truncate(f"{d}/private", 0),
        lambda: os.access(f"{d}/private", os.R_OK), lambda: os.rename(f"{d}/closed", f"{d}/opened"),
        lambda: os.link(f"{d}/private", f"{d}/hard"), lambda: os.stat(f"{d}/private").st_size]
    return [as_user(one) for one in attempts]


@check
def hard_links(d):
    write(f"{d}/a", b"1")
    os.link(f"{d}/a", f"{d}/b")
    os.symlink("a", f"{d}/s")
    os.link(f"{d}/s", f"{d}/t", follow_symlinks=False)
    os.mkfifo(f"{d}/p")
    os.link(f"{d}/p", f"{d}/q")
    with open(f"{d}/b", "ab") as file:
        file.write(b"2")
    out = [read(f"{d}/a"), os.stat(f"{d}/a").st_nlink, os.path.samefile(f"{d}/a", f"{d}/b"),
           os.readlink(f"{d}/t"), os.lstat(f"{d}/s").st_nlink, os.lstat(f"{d}/q").st_nlink]
    os.unlink(f"{d}/a")
    out += [os.stat(f"{d}/b").st_nlink, read(f"{d}/b"), attempt(os.link, d, f"{d}/dir"),
            attempt(os.link, f"{d}/b", f"{d}/b")]
    return out


@check
def copying_ranges(d):
    write(f"{d}/a", bytes(range(256)) * 4096)
    source = os.open(f"{d}/a", os.O_RDONLY)
    target = os.open(f"{d}/b", os.O_RDWR | os.O_CREAT)
    out = [os.copy_file_range(source, target, 100000, 1000, 0), os.fstat(target).st_size]
    out.append(attempt(os.copy_file_range, target, target, 4096, 0, 50000))
    out.append(attempt(os.copy_file_range, target, target, 4096, 0, 100))
    out.append(attempt(os.copy_file_range, target, source, 10))
    out.append(attempt(os.copy_file_range, source, target, 10, 1 << 40))
    with open(f"{d}/a", "r+b") as file:
        file.write(b"changed but not flushed to the other side")
        file.flush()
        out.append(os.copy_file_range(file.fileno(), target, 30, 0, 0))
    out.append(hashlib.sha256(read(f"{d}/b")).hexdigest())
    return out


@check
def shared_mappings(d):
    write(f"{d}/m", b"\0" * 16384)
    out = []
    with open(f"{d}/m", "r+b") as file:
        with mmap.mmap(file.fileno(), 16384) as memory:
            memory[0:5] = b"hello"
            out.append(os.pread(file.fileno(), 5, 0))
            os.pwrite(file.fileno(), b"there", 4096)
            out.append(bytes(memory[4096:4101]))
            pid = os.fork()
            if pid == 0:
                memory[8192:8197] = b"child"
                os._exit(0)
            os.waitpid(pid, 0)
            out.append((bytes(memory[8192:8197]), os.pread(file.fileno(), 5, 8192)))
            memory.flush()
        with mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE) as memory:
            memory[0:5] = b"12345"
            out.append(os.pread(file.fileno(), 5, 0))
    out.append(hashlib.sha256(read(f"{d}/m")).hexdigest())
    return out


@check
def locks_between_processes(d):
    write(f"{d}/l")
    out = []

    def other(function):
        def body():
            fd = os.open(f"{d}/l", os.O_RDWR)
            return function(fd)
        return as_user(body, uid=0, gid=0)

    fd = os.open(f"{d}/l", os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    out.append(other(lambda f: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)))
    fcntl.flock(fd, fcntl.LOCK_UN)
    out.append(other(lambda f: fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)))
    fcntl.lockf(fd, fcntl.LOCK_EX, 10, 0)
    out.append(other(lambda f: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 5)))
    out.append(other(lambda f: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 10)))
    open_file_lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 10, 0)
    out.append(other(lambda f: fcntl.fcntl(f, 37, open_file_lock)))
    os.close(os.open(f"{d}/l", os.O_RDWR))
    out.append(other(lambda f: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 5)))
    os.close(fd)
    return out


@check
def deleting_while_listing(d):
    for number in range(3000):
        write(f"{d}/{number:05}")
    seen = 0
    with os.scandir(d) as entries:
        for entry in entries:
            os.unlink(entry.path)
            seen += 1
    return seen, os.listdir(d)


@check
def listing_with_positions(d):
    for number in range(500):
        write(f"{d}/{number:05}")
    libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
    libc.telldir.restype = ctypes.c_long
    folder = ctypes.c_void_p(libc.opendir(d.encode()))

    def name():
        entry = libc.readdir(folder)
        return ctypes.string_at(entry + 19) if entry else None

    names, positions = [], []
    while True:
        positions.append(libc.telldir(folder))
        one = name()
        if one is None:
            break
        names.append(one)
    same = 0
    for index in range(0, 500, 37):
        libc.seekdir(folder, ctypes.c_long(positions[index]))
        same += name() == names[index]
    libc.rewinddir(folder)
    write(f"{d}/new")
    again = []
    while (one := name()) is not None:
        again.append(one)
    libc.closedir(folder)
    return len(names), len(set(names)), same, len(set(again)), b"new" in again


@check
def many_files(d):
    count = 100000 if os.environ.get("MANY") else 20000
    for number in range(count):
        os.close(os.open(f"{d}/{number}", os.O_CREAT | os.O_WRONLY))
    out = [len(os.listdir(d)), len({os.stat(f"{d}/{number}").st_ino for number in range(0, count, 7)})]
    write(f"{d}/17", b"seventeen")
    out.append(read(f"{d}/17"))
    shutil.rmtree(d)
    os.mkdir(d)
    return out


@check
def many_open_files(d):
    fds = [os.open(f"{d}/{number}", os.O_CREAT | os.O_RDWR) for number in range(900)]
    for number, fd in enumerate(fds):
        os.write(fd, b"%d" % number)
    out = [os.pread(fd, 10, 0) == b"%d" % number for number, fd in enumerate(fds)]
    for fd in fds:
        os.close(fd)
    return all(out)


@check
def names(d):
    out = []
    d = d.encode()
    for name in (b"n" * 255, b"n" * 256, bytes(set(range(1, 256)) - {47}), b"\xff\xfe", b" ", b"\n", b"-", b"..."):
        path = d + b"/" + name
        made = attempt(os.open, path, os.O_CREAT | os.O_WRONLY)
        if isinstance(made, int):
            os.close(made)
            made = "made"
        out.append((made, attempt(os.symlink, b"t", path + b"2") if len(name) < 250 else None))
    return out, sorted(os.listdir(d))


@check
def symbolic_links(d):
    out = []
    for target in ("relative", "/absolute/path", "../..", "x" * 4095, "x" * 4096, "\u00e4"):
        out.append(attempt(os.symlink, target, f"{d}/l"))
        out.append((attempt(os.readlink, f"{d}/l"), attempt(lambda: os.lstat(f"{d}/l").st_size)))
        attempt(os.unlink, f"{d}/l")
    os.symlink("loop", f"{d}/loop")
    out.append(attempt(os.stat, f"{d}/loop"))
    out.append(attempt(os.open, f"{d}/loop", os.O_RDONLY | os.O_NOFOLLOW))
    os.lchown(f"{d}/loop", USER, GROUP)
    os.utime(f"{d}/loop", ns=(111, 222), follow_symlinks=False)
    status = os.lstat(f"{d}/loop")
    out.append((status.st_uid, status.st_gid, status.st_mtime_ns, attempt(os.readlink, d)))
    return out


@check
def special_files(d):
    out = []
    for kind in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFREG, stat.S_IFDIR):
        for device in (0, os.makedev(1, 3), os.makedev(4095, 1048575), os.makedev(240, 300)):
            path = f"{d}/{kind:o}.{device}"
            made = attempt(os.mknod, path, kind | 0o640, device)
            status = attempt(os.lstat, path)
            out.append((made, status if isinstance(status, str) else (oct(status.st_mode), status.st_rdev)))
    null = f"{d}/{stat.S_IFCHR:o}.{os.makedev(1, 3)}"
    with open(null, "r+b", buffering=0) as file:
        out.append((file.write(b"gone"), file.read(4)))
    os.mkfifo(f"{d}/pipe")
    thread = threading.Thread(target=lambda: write(f"{d}/pipe", b"through"))
    thread.start()
    out.append(read(f"{d}/pipe"))
    thread.join()
    server = socket.socket(socket.AF_UNIX)
    os.chdir(d)
    server.bind("sock")
    server.listen()
    client = socket.socket(socket.AF_UNIX)
    client.connect("sock")
    out.append(mode("sock"))
    os.chdir("/")
    return out


@check
def times(d):
    write(f"{d}/f")
    out = []
    for pair in ((0, 0), (123456789123456789, 987654321987654321), (-5_000_000_001, 1), (2**33 * 10**9, 1)):
        os.utime(f"{d}/f", ns=pair)
        status = os.stat(f"{d}/f")
        out.append((status.st_atime_ns, status.st_mtime_ns))

    class Time(ctypes.Structure):
        _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]

    now, omit = (1 << 30) - 1, (1 << 30) - 2
    os.utime(f"{d}/f", ns=(1000, 2000))
    for pair in ((omit, omit), (omit, now), (5, omit), (now, omit), (10**9, 0)):
        pair_of = (Time * 2)(Time(7, pair[0]), Time(8, pair[1]))
        result = call("utimensat", AT_FDCWD, f"{d}/f".encode(), pair_of, 0)
        status = os.stat(f"{d}/f")
        out.append((result, [t if t < 10**12 else "now" for t in (status.st_atime_ns, status.st_mtime_ns)]))
    before = os.stat(f"{d}/f").st_mtime_ns
    time.sleep(0.02)
    with open(f"{d}/f", "ab") as file:
        file.write(b"more")
    after = os.stat(f"{d}/f").st_mtime_ns
    folder = os.stat(d).st_mtime_ns
    time.sleep(0.02)
    os.mkdir(f"{d}/sub")
    out.append((after > before, os.stat(d).st_mtime_ns > folder, os.stat(d).st_nlink))
    changed = os.stat(f"{d}/f").st_ctime_ns
    time.sleep(0.02)
    os.chmod(f"{d}/f", 0o600)
    out.append(os.stat(f"{d}/f").st_ctime_ns > changed)
    return out


@check
def times_survive_closing(d):
    """What tar and cp -p do: write, then set the times, then close."""
    fd = os.open(f"{d}/f", os.O_CREAT | os.O_WRONLY)
    os.write(fd, b"x" * 100000)
    os.utime(fd, ns=(10**18, 10**18))
    os.close(fd)
    out = [os.stat(f"{d}/f").st_mtime_ns]
    time.sleep(1.2)
    return out + [os.stat(f"{d}/f").st_mtime_ns, os.stat(f"{d}/f").st_size]


@check
def file_system_status(d):
    status = os.statvfs(d)
    return status.f_blocks, status.f_bsize, status.f_frsize, status.f_files, status.f_namemax


@check
def programs(d):
    shutil.copy("/bin/true", f"{d}/true")
    os.chmod(f"{d}/true", 0o755)
    write(f"{d}/script", b"#!/bin/sh\necho $0 | wc -c >/dev/null; exit 7\n", 0o755)
    write(f"{d}/plain", b"#!/bin/sh\n", 0o644)
    shutil.copy("/usr/bin/id", f"{d}/id")
    os.chown(f"{d}/id", USER, GROUP)
    os.chmod(f"{d}/id", 0o6755)
    out = [subprocess.run([f"{d}/true"]).returncode, subprocess.run([f"{d}/script"]).returncode,
           attempt(subprocess.run, [f"{d}/plain"]),
           subprocess.run([f"{d}/id", "-u"], capture_output=True).stdout]
    shutil.copy("/bin/sleep", f"{d}/sleep")
    running = subprocess.Popen([f"{d}/sleep", "5"])
    time.sleep(0.1)
    out.append(attempt(os.open, f"{d}/sleep", os.O_WRONLY))
    running.kill()
    running.wait()
    return out


@check
def deep_paths(d):
    os.chdir(d)
    for _ in range(300):
        os.mkdir("d" * 20)
        os.chdir("d" * 20)
    write("bottom", b"deep")
    out = [read("bottom"), attempt(os.getcwd) == "ENAMETOOLONG" or len(os.getcwd()) > 6000]
    os.chdir("/")
    done = subprocess.run(["rm", "-rf", f"{d}/{'d' * 20}"])
    return out + [done.returncode, os.listdir(d)]


@check
def far_offsets(d):
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_CREAT)
    out = []
    for offset in (1 << 31, 1 << 32, (1 << 40) + 1):
        out.append((attempt(os.pwrite, fd, b"end", offset), os.fstat(fd).st_size, os.pread(fd, 10, offset)))
    far = (1 << 63) - 1
    out += [attempt(os.pread, fd, 10, far), attempt(os.pwrite, fd, b"x", far) in ("EFBIG", "EINVAL"),
            attempt(os.lseek, fd, -1, os.SEEK_SET), attempt(os.ftruncate, fd, -1),
            attempt(os.ftruncate, fd, far) in ("EFBIG", "EINVAL")]
    os.close(fd)
    return out


@check
def appending(d):
    write(f"{d}/log", b"")
    script = ("import os,sys\nfd=os.open(sys.argv[1],os.O_WRONLY|os.O_APPEND)\n"
              "for i in range(500): os.write(fd, b'%08d\\n' % i)")
    writers = [subprocess.Popen([sys.executable, "-c", script, f"{d}/log"]) for _ in range(4)]
    for writer in writers:
        writer.wait()
    lines = read(f"{d}/log").splitlines()
    fd = os.open(f"{d}/log", os.O_RDWR | os.O_APPEND)
    os.pwrite(fd, b"tail", 0)
    os.close(fd)
    return len(lines), all(len(line) == 8 for line in lines), read(f"{d}/log")[-4:]


@check
def opening(d):
    write(f"{d}/f", b"content")
    os.symlink("f", f"{d}/l")
    os.mkdir(f"{d}/d")
    out = []
    for name in ("f", "l", "d", "none", "f/x"):
        for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_DIRECTORY, os.O_PATH,
                      os.O_RDONLY | os.O_NOFOLLOW, os.O_RDWR | os.O_CREAT | os.O_EXCL,
                      os.O_RDONLY | os.O_NOATIME, os.O_RDWR | os.O_SYNC, os.O_WRONLY | os.O_APPEND):
            fd = attempt(os.open, f"{d}/{name}", flags, 0o600)
            if isinstance(fd, int):
                out.append((name, flags, attempt(os.read, fd, 3), attempt(os.write, fd, b"c")))
                os.close(fd)
            else:
                out.append((name, flags, fd))
            if name == "none":
                attempt(os.unlink, f"{d}/none")
    fd = os.open(f"{d}/f", os.O_RDWR | os.O_TRUNC)
    out.append(os.fstat(fd).st_size)
    os.close(fd)
    return out


@check
def inode_flags(d):
    write(f"{d}/f")
    os.mkdir(f"{d}/dir")
    out = []
    for name in ("f", "dir"):
        for flag in ("+d", "+A", "-A", "+S"):
            done = subprocess.run(["chattr", flag, f"{d}/{name}"], capture_output=True)
            listed = subprocess.run(["lsattr", "-d", f"{d}/{name}"], capture_output=True, text=True)
            out.append((name, flag, done.returncode, listed.stdout.split()[:1]))
    return out


@check
def archives(d):
    """A tree packed, unpacked and packed again is the same to the byte."""
    tree = f"{d}/tree"
    os.makedirs(f"{tree}/a/b")
    write(f"{tree}/a/set-id", b"1", 0o4755)
    os.chown(f"{tree}/a/b", USER, GROUP)
    os.mknod(f"{tree}/a/null", stat.S_IFCHR | 0o666, 0x103)
    os.mkfifo(f"{tree}/a/pipe")
    os.symlink("a/b", f"{tree}/link")
    os.link(f"{tree}/a/set-id", f"{tree}/hard")
    with open(f"{tree}/sparse", "wb") as file:
        file.truncate(10 << 20)
        file.write(b"start")
    os.setxattr(f"{tree}/sparse", "user.note", b"kept")
    for folder, folders, files in os.walk(tree, topdown=False):
        for name in folders + files:
            os.utime(f"{folder}/{name}", ns=(5 * 10**17, 5 * 10**17 + 1), follow_symlinks=False)
    os.utime(tree, (5, 5))
    pack = ["tar", "--sort=name", "--xattrs", "--acls", "--sparse", "--pax-option=delete=atime,delete=ctime",
            "--format=posix"]
    first = subprocess.run(pack + ["-C", tree, "-cf", "-", "."], capture_output=True).stdout
    os.mkdir(f"{d}/copy")
    subprocess.run(["tar", "--xattrs", "--acls", "-C", f"{d}/copy", "-xpf", "-"], input=first, check=True)
    second = subprocess.run(pack + ["-C", f"{d}/copy", "-cf", "-", "."], capture_output=True).stdout
    return first == second, len(first)


@check
def disk_usage(d):
    write(f"{d}/f", b"x" * 1000000)
    os.sync()
    time.sleep(1.1)
    return os.stat(f"{d}/f").st_blocks, os.stat(f"{d}/f").st_blksize


@check
def synchronizing(d):
    fd = os.open(f"{d}/f", os.O_CREAT | os.O_RDWR)
    os.write(fd, b"x")
    folder = os.open(d, os.O_RDONLY)
    out = [attempt(os.fsync, fd), attempt(os.fdatasync, fd), attempt(os.fsync, folder), call("syncfs", fd)]
    os.close(fd)
    os.close(folder)
    return out


@check
def threads_in_one_folder(d):
    failures = []

    def work(number):
        try:
            for turn in range(150):
                path = f"{d}/{number}.{turn}"
                write(path, b"%d" % turn)
                os.rename(path, path + ".done")
                if read(path + ".done") != b"%d" % turn:
                    failures.append(path)
                os.listdir(d)
                if turn % 2:
                    os.unlink(path + ".done")
        except OSError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures, len(os.listdir(d))


def run(function, folder):
    path = f"{folder}/{function.__name__}"
    os.mkdir(path)
    os.chmod(path, 0o755)
    try:
        return function(path)
    except Exception as error:  # what is compared is that it failed, and how
        return f"{type(error).__name__}: {error}".replace(folder, "")
    finally:
        os.chdir("/")
        shutil.rmtree(path, ignore_errors=True)


def differences(first, second, where=""):
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second)):
            yield from differences(one, other, f"{where}[{index}]")
    elif first != second:
        yield f"{where}: {str(first)[:200]} instead of {str(second)[:200]}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    chosen = sys.argv[3:]
    os.umask(0o022)
    same = known = different = 0
    for function in CHECKS:
        if chosen and function.__name__ not in chosen:
            continue
        got, wanted = (run(function, folder) for folder in sys.argv[1:3])
        found = list(differences(got, wanted))
        reason = KNOWN.get(function.__name__)
        same += not found
        known += bool(found and reason)
        different += bool(found and not reason)
        if found and reason:
            print(f"KNOWN {function.__name__}: {reason}")
        for line in found if not reason else []:
            print(f"DIFFERS {function.__name__}{line}")
    print(f"behaviour: {same} checks alike, {known} different as known, {different} different")
    sys.exit(1 if different else 0)


main()
