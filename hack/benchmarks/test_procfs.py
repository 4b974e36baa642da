import unittest

from benchmarks.measure_cpu import split
from benchmarks.procfs import Stat, guest_memory, parse_smaps

# A guest of three pieces, then a heap that adjoins it, a library and its data.
_SMAPS = """\
7f0000000000-7f0010000000 rw-p 00000000 00:00 0
Size:             262144 kB
Pss:               20000 kB
Pss_Dirty:         19999 kB
7f0010000000-7f0010200000 rw-p 00000000 fe:00 9 /templates/1/memory
Pss:                1000 kB
7f0010200000-7f0010201000 rw-s 00000000 fe:00 9 /templates/1/memory
Pss:                   4 kB
7f0010201000-7f0010401000 rw-p 00000000 00:00 0 [heap]
Pss:                  40 kB
7f0020200000-7f0020201000 r-xp 00001000 fe:00 17 /usr/lib/a library.so
Pss:                   3 kB
7f0020201000-7f0028201000 rw-p 00002000 fe:00 17 /usr/lib/a library.so
Pss:                   5 kB
"""


class StatTests(unittest.TestCase):
    def test_a_name_with_spaces_and_parentheses(self):
        fields = "S 41 " + " ".join(str(number) for number in range(5, 53))
        stat = Stat.parse(f"42 (a (b) c) {fields}")
        self.assertEqual((stat.name, stat.state, stat.parent), ("a (b) c", "S", 41))
        # Fields 14, 15 and 43 of proc_pid_stat(5), in ticks.
        self.assertAlmostEqual(stat.system / stat.user, 15 / 14)
        self.assertAlmostEqual(stat.guest / stat.user, 43 / 14)


class MappingTests(unittest.TestCase):
    def test_smaps(self):
        mappings = parse_smaps(_SMAPS)
        self.assertEqual([mapping.pss >> 10 for mapping in mappings], [20000, 1000, 4, 40, 3, 5])
        self.assertEqual(mappings[0].size, 256 << 20)
        self.assertEqual(mappings[4].path, "/usr/lib/a library.so")

    def test_guest_memory_is_the_longest_run_of_its_kind(self):
        self.assertEqual([mapping.pss >> 10 for mapping in guest_memory(parse_smaps(_SMAPS))], [20000, 1000, 4])

    def test_no_guest(self):
        self.assertEqual(guest_memory(parse_smaps("\n".join(_SMAPS.splitlines()[4:]))), [])
        self.assertEqual(guest_memory([]), [])


class ThreadTests(unittest.TestCase):
    def test_virtual_processors_stand_apart(self):
        times = split([("vmrun", {"vmrun": 0.5}), ("vmrun-sandbox", {"loop": 1.0, "vcpu0": 20.0, "vcpu1": 1.0, "fs0": 0.25})])
        self.assertEqual(times, {"host": 1.75, "host: vmrun": 0.5, "host: vmrun-sandbox": 1.25, "vcpu threads": 21.0})

    def test_other_runtimes_are_one_sum(self):
        self.assertEqual(split([("runc", {"runc": 0.02}), ("sh", {"sh": 0.01})]), {"host": 0.03})
