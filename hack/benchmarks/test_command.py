import unittest

from benchmarks.command import MEASUREMENTS, passed_on, options, parser
from benchmarks.measure_files import parse
from benchmarks.measure_qemu import arguments, reasons
from benchmarks.measure_rate import how_many
from benchmarks.runtimes import vmrun_verbs

_HELP = """USAGE: vmrun <subcommand>

OPTIONS:
  run                     not a verb here

SUBCOMMANDS:
  run                     Create and run a container.
  exec                    Start a process.

  See 'vmrun help <subcommand>' for detailed help.
"""


class OptionTests(unittest.TestCase):
    def test_what_is_asked_for_is_stronger_than_quick(self):
        found = options(parser().parse_args(["--quick", "--runs", "7", "--counts", "1,2"]), True)
        self.assertEqual((found.runs, found.counts, found.parallel, found.file_mib), (7, [1, 2], [1, 2], 16))

    def test_a_slow_kvm_gets_less(self):
        found = options(parser().parse_args([]), False)
        self.assertLess(found.file_mib, options(parser().parse_args([]), True).file_mib)

    def test_the_software_host_gets_the_other_arguments(self):
        self.assertEqual(passed_on(["--software-host", "--output", "x", "--runs", "3", "--vmrun=y", "start"]),
                         ["--runs", "3", "start"])

    def test_every_measurement_has_a_name_of_its_own(self):
        self.assertEqual(len(MEASUREMENTS), 10)


class RateTests(unittest.TestCase):
    def test_every_place_is_used_and_slow_starts_are_few(self):
        self.assertEqual([how_many(seconds, 16) for seconds in (0.0001, 0.05, 1, 30)], [200, 80, 32, 16])


class OutputTests(unittest.TestCase):
    def test_verbs_of_the_help(self):
        self.assertEqual(vmrun_verbs(_HELP), {"run", "exec"})
        self.assertEqual(vmrun_verbs(""), set())

    def test_lines_of_file_io(self):
        self.assertEqual(parse(["noise", "sequential write\t4194304\t0.5", "small files: create\t50\t0.1"]),
                         [("sequential write", "B/s", 8388608.0), ("small files: create", "1/s", 500.0)])

    def test_why_qemu_did_not_boot(self):
        self.assertEqual(reasons("a warning\nq: error: failed to set MSR\n", ""),
                         ["q: error: failed to set MSR", "the kernel said nothing"])
        self.assertEqual(reasons("", "Memory: 1K"), ["the kernel's last line was `Memory: 1K`"])

    def test_qemu_gets_kernel_and_image(self):
        line = arguments("tcg", "max", "/k", "/i")
        self.assertEqual((line[line.index("-kernel") + 1], line[line.index("-initrd") + 1]), ("/k", "/i"))
