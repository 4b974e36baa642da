"""QEMU's microvm machine with vmrun's kernel and agent image: how long until the kernel starts /init.

Not farther: the agent would wait for devices that QEMU has only with helpers of the host.
"""
import os
import shutil

from .children import Child, Failure
from .context import Context
from .streams import timed_lines

NAME = "qemu"
TITLE = "QEMU's microvm machine with the same kernel and image, until it starts /init"
# Seconds; a guest that says nothing more is given up.
_LIMIT = 120
_PHASES = ("phase: QEMU until the kernel's first line", "phase: kernel until /init")
_INIT = "Run /init as init process"

# What stands for QEMU in the tables, its accelerator, and processors to try in turn.
VARIANTS = [
    ("QEMU microvm, TCG", "tcg", ["max"]),
    ("QEMU microvm, KVM", "kvm", ["host", "host,-arch-capabilities", "qemu64"]),
]


def measure(context: Context) -> None:
    context.results.note(NAME, "256 MiB, one processor, messages of the kernel on the serial port (which cost some of the time). "
                         "From before the spawn of QEMU to the kernel's line `Run /init`.")
    for subject, accelerator, processors in VARIANTS:
        reason = missing(context, accelerator)
        if reason:
            context.results.skip(NAME, subject, reason)
            continue
        for processor in processors:
            if _boots(context, subject, command(accelerator, processor, *context.kernel_and_image), processor):
                break


def missing(context: Context, accelerator: str) -> str:
    """Why QEMU cannot be measured; empty where it can."""
    if shutil.which("qemu-system-x86_64") is None or context.kernel_and_image is None:
        return "QEMU, the kernel or the image is not there"
    if accelerator == "kvm" and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "no /dev/kvm"
    return ""


def command(accelerator: str, processor: str, kernel: str, image: str) -> list[str]:
    """The program and its arguments; it is there."""
    return [shutil.which("qemu-system-x86_64"), *arguments(accelerator, processor, kernel, image)]


def arguments(accelerator: str, processor: str, kernel: str, image: str) -> list[str]:
    """QEMU's command line. Pure."""
    machine = "microvm,pit=on,pic=on,rtc=off,isa-serial=on,acpi=off,x-option-roms=off"
    line = ("earlyprintk=serial,0x3f8,115200,keep loglevel=7 reboot=k panic=-1 random.trust_cpu=1 SWIFT_ROOT=/")
    return ["-M", machine, "-accel", accelerator, "-cpu", processor, "-m", "256", "-smp", "1",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", kernel, "-initrd", image, "-append", line]


def _boots(context: Context, subject: str, argv: list[str], processor: str) -> bool:
    """Takes samples; False, and a skip with the reason, where the first one fails."""
    count = context.options.runs
    turn = 0
    while turn < count:
        context.tell(f"{subject} (-cpu {processor}): boot {turn + 1} of {count}")
        try:
            first, init = _boot(argv)
        except Failure as failure:
            context.results.skip(NAME, subject, f"-cpu {processor} does not boot: {failure}")
            return turn > 0
        context.results.add(NAME, subject, "total", "s", init)
        context.results.add(NAME, subject, _PHASES[0], "s", first)
        context.results.add(NAME, subject, _PHASES[1], "s", init - first)
        if init > 3:
            count = min(count, context.options.slow_runs)
        turn += 1
    context.results.note(NAME, f"{subject}: -cpu {processor}.")
    return True


def _boot(argv: list[str]) -> tuple[float, float]:
    """Seconds to the kernel's first line and to /init."""
    child = Child(argv, stdout=-1)
    first, last = None, ""
    try:
        for moment, line in timed_lines(child.stdout, _LIMIT, lambda: stop_where_stuck(child)):
            first = first if first is not None else moment - child.begin
            last = line.strip() or last
            if _INIT in line:
                return first, moment - child.begin
        raise Failure(f"QEMU ended with {child.wait(_LIMIT).status}")
    except Failure as failure:
        raise Failure("; ".join([str(failure), *reasons(child.errors(), last)])) from None
    finally:
        child.kill()


def stop_where_stuck(child: Child) -> None:
    """After such an error the guest stands still and QEMU waits for somebody to look at it."""
    if "KVM internal error" in child.errors():
        raise Failure("the guest stopped")


def reasons(stderr: str, last: str) -> list[str]:
    """What QEMU said of an error, and where the kernel was. Pure."""
    errors = [line.strip() for line in stderr.splitlines() if "error" in line.lower()]
    found = [errors[0][:200]] if errors else []
    return found + ([f"the kernel's last line was `{last[:100]}`"] if last else ["the kernel said nothing"])
