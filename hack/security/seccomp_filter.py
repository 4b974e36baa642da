"""What a seccomp filter lets through: its program is carried out with everything unknown but the call's number. Pure."""
import struct
from dataclasses import dataclass

# linux/audit.h
X86_64 = 0xC000003E
# Offsets of struct seccomp_data.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ACTION = 0xFFFF0000
# SECCOMP_RET_ALLOW, _LOG and _USER_NOTIF: the call takes place, or may.
_LETS = {0x7FFF0000, 0x7FFC0000, 0x7FC00000}
_UNKNOWN = None
IOCTL = 16


@dataclass(frozen=True)
class Instruction:
    """struct sock_filter."""

    code: int
    if_true: int
    if_false: int
    value: int


def parse(data: bytes) -> tuple[Instruction, ...]:
    return tuple(Instruction(*fields) for fields in struct.iter_unpack("=HBBI", data))


def actions(program: tuple[Instruction, ...], number: int, arguments: dict[int, int] | None = None) -> set[int]:
    """Every action that a call can come to. `arguments` are those that are known, by their place."""
    known = {_NUMBER: number, _ARCHITECTURE: X86_64}
    for place, value in (arguments or {}).items():
        known[_ARGUMENTS + 8 * place] = value & 0xFFFFFFFF
        known[_ARGUMENTS + 8 * place + 4] = value >> 32
    found: set[int] = set()
    seen: set[tuple] = set()
    queue: list[tuple] = [(0, _UNKNOWN, _UNKNOWN, ())]
    while queue:
        state = queue.pop()
        if state in seen:
            continue
        seen.add(state)
        result, following = _step(program, state, known)
        if result is not None:
            found.add(result)
        queue += following
    return found


def _step(program: tuple[Instruction, ...], state: tuple, known: dict[int, int]) -> tuple[int | None, list[tuple]]:
    """One instruction: an action where it is the last one, else the states that may follow."""
    place, a, x, cells = state
    one = program[place]
    kind, memory = one.code & 7, dict(cells)
    if kind == 6:  # RET: the constant, or A, of which nothing is known
        return (one.value if one.code & 0x18 == 0 else a if a is not None else 0x7FFF0000), []
    if kind == 5:
        return None, [(place + 1 + offset, a, x, cells) for offset in _jumps(one, a, x)]
    if kind == 0:
        a = _load(one, known, memory)
    elif kind == 1:
        x = _load(one, known, memory)
    elif kind in (2, 3):
        memory[one.value] = a if kind == 2 else x
        cells = tuple(sorted(memory.items(), key=lambda item: item[0]))
    elif kind == 4:
        a = _calculate(one, a, x)
    elif one.code & 0xF8:
        a = x
    else:
        x = a
    return None, [(place + 1, a, x, cells)]


def _load(one: Instruction, known: dict[int, int], memory: dict[int, int | None]) -> int | None:
    mode = one.code & 0xE0
    if mode == 0x20:  # ABS
        return known.get(one.value)
    if mode == 0x60:  # MEM
        return memory.get(one.value)
    return 64 if mode == 0x80 else one.value  # LEN, IMM


def _jumps(one: Instruction, a: int | None, x: int | None) -> list[int]:
    operation = one.code & 0xF0
    if operation == 0:
        return [one.value]
    other = x if one.code & 8 else one.value
    if a is None or other is None:
        return [one.if_true, one.if_false]
    holds = {0x10: a == other, 0x20: a > other, 0x30: a >= other, 0x40: bool(a & other)}[operation]
    return [one.if_true if holds else one.if_false]


def _calculate(one: Instruction, a: int | None, x: int | None) -> int | None:
    other = x if one.code & 8 else one.value
    operation = one.code & 0xF0
    if operation == 0x50 and other == 0:
        return 0
    if a is None or other is None:
        return None
    results = {0x00: a + other, 0x10: a - other, 0x20: a * other, 0x40: a | other, 0x50: a & other, 0x60: a << (other & 31),
               0x70: a >> (other & 31), 0x80: -a, 0xA0: a ^ other}
    return results[operation] & 0xFFFFFFFF if operation in results else None


def lets(programs: list[tuple[Instruction, ...]], number: int, arguments: dict[int, int] | None = None) -> bool:
    """Whether some call with this number gets through all filters."""
    return all(any(action & _ACTION in _LETS for action in actions(program, number, arguments)) for program in programs)


def ioctls(programs: list[tuple[Instruction, ...]]) -> set[int] | None:
    """The requests of ioctl(2) that get through; None where those do that no filter names."""
    named = {one.value for program in programs for one in program if one.code == 0x15}
    free = next(value for value in range(0x5EC0_0001, 0x5EC0_FFFF) if value not in named)
    if lets(programs, IOCTL, {1: free}):
        return None
    return {value for value in named if lets(programs, IOCTL, {1: value})}
