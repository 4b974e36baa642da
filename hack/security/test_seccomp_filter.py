import struct
import unittest

from security import seccomp_filter
from security.seccomp_filter import Instruction

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050001


def program(*fields: tuple[int, int, int, int]) -> tuple[Instruction, ...]:
    return seccomp_filter.parse(b"".join(struct.pack("=HBBI", *one) for one in fields))


# read(2) is allowed, ioctl(2) with the request 0xae80, all else is killed; another architecture is, too.
FILTER = program((0x20, 0, 0, 4), (0x15, 1, 0, 0xC000003E), (0x06, 0, 0, KILL),
                 (0x20, 0, 0, 0), (0x15, 4, 0, 0), (0x15, 0, 2, 16), (0x20, 0, 0, 24), (0x15, 1, 0, 0xAE80),
                 (0x06, 0, 0, KILL), (0x06, 0, 0, ALLOW))


class SeccompFilterTests(unittest.TestCase):
    def test_calls_without_conditions(self):
        self.assertTrue(seccomp_filter.lets([FILTER], 0))
        self.assertFalse(seccomp_filter.lets([FILTER], 1))

    def test_call_that_is_allowed_for_some_arguments_counts(self):
        self.assertEqual(seccomp_filter.actions(FILTER, 16), {ALLOW, KILL})
        self.assertTrue(seccomp_filter.lets([FILTER], 16))

    def test_requests_of_ioctl(self):
        self.assertEqual(seccomp_filter.ioctls([FILTER]), {0xAE80})
        self.assertIsNone(seccomp_filter.ioctls([program((0x06, 0, 0, ALLOW))]))

    def test_all_filters_must_let_it_through(self):
        nothing = program((0x06, 0, 0, ERRNO))
        self.assertFalse(seccomp_filter.lets([FILTER, nothing], 0))

    def test_scratch_memory_and_arithmetic(self):
        # A := number; M[3] := A; A := 0; A := M[3]; A &= 1; odd numbers are allowed.
        odd = program((0x20, 0, 0, 0), (0x02, 0, 0, 3), (0x00, 0, 0, 0), (0x60, 0, 0, 3), (0x54, 0, 0, 1),
                      (0x15, 0, 1, 1), (0x06, 0, 0, ALLOW), (0x06, 0, 0, KILL))
        self.assertEqual([seccomp_filter.lets([odd], number) for number in range(3)], [False, True, False])


if __name__ == "__main__":
    unittest.main()
