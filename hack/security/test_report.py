import unittest

from security import bars, configuration, report, surface, threads


def results(vmrun: list[str], held: bool, reason: str = "") -> dict:
    outcomes = [{"scenario": "one", "subject": "vmrun", "profile": f"p{n}", "result": word} for n, word in enumerate(vmrun)]
    return {"surfaces": [], "escapes": {"outcomes": outcomes, "controls": [{"scenario": "one", "held": held, "reason": reason, "text": ""}]}}


class CountTests(unittest.TestCase):
    def test_resistance_with_a_control_passes(self):
        self.assertEqual(report.count(results(["resisted", "refused"], True)), (1, 0, 0))

    def test_an_escape_fails_whatever_else(self):
        self.assertEqual(report.count(results(["resisted", "escaped"], True)), (0, 1, 0))
        self.assertEqual(report.count(results(["escaped"], False, "no such kernel")), (0, 1, 0))

    def test_an_attack_that_did_not_take_place_fails(self):
        self.assertEqual(report.count(results(["failed"], True)), (0, 1, 0))

    def test_a_check_that_was_never_seen_to_fail_fails(self):
        self.assertEqual(report.count(results(["resisted"], False)), (0, 1, 0))

    def test_what_cannot_be_shown_here_is_skipped(self):
        self.assertEqual(report.count(results(["resisted"], False, "no modules")), (0, 0, 1))
        self.assertEqual(report.count(results([], True)), (0, 0, 1))


def face(allowed: int, processor: int, filters: int = 1, used: int = 20, subject: str = "vmrun", failure: str = "") -> dict:
    return {"subject": subject, "profile": "default", "failure": failure, "calls_allowed": allowed, "calls_used": ["x"] * used,
            "threads": [{"name": "vcpu0", "allowed": processor, "filters": filters}]}


class BarTests(unittest.TestCase):
    def test_figures_within_their_bars(self):
        self.assertEqual([verdict for _, verdict in bars.judge([face(45, 14, used=60)])], [bars.MET] * 3)

    def test_figures_beyond_them(self):
        self.assertEqual([verdict for _, verdict in bars.judge([face(46, 15, used=61)])], [bars.MISSED] * 3)

    def test_without_a_filter_only_what_is_used_counts(self):
        self.assertEqual([verdict for _, verdict in bars.judge([face(362, 362, filters=0)])], [bars.OPEN] * 2 + [bars.MET])

    def test_what_could_not_be_measured_is_missed(self):
        self.assertEqual([verdict for _, verdict in bars.judge([face(1, 1, failure="gone")])], [bars.MISSED] * 3)

    def test_other_runtimes_have_no_bars(self):
        self.assertEqual(bars.judge([face(362, 362, subject="runc")]), [])

    def test_bars_count(self):
        counted = report.count({**results(["resisted"], True), "surfaces": [face(45, 15, used=1)]})
        self.assertEqual(counted, (3, 1, 0))


class ParserTests(unittest.TestCase):
    def test_calls_of_strace(self):
        text = "12 read(3, \"a\", 1) = 1\n12 <... futex resumed>) = 0\n13 +++ exited with 0 +++\n13 --- SIGCHLD ---\n"
        self.assertEqual(surface.calls(text), ["futex", "read"])

    def test_mounts(self):
        text = ("1 0 0:1 / / rw,relatime - ext4 /dev/vda rw\n2 1 0:2 / /proc ro,nosuid - proc proc rw\n"
                "3 1 0:3 / /sys rw shared:1 - sysfs sysfs ro\n")
        self.assertEqual(surface.mounts(text),
                         [("/", "ext4", True), ("/proc", "proc", False), ("/sys", "sysfs", False)])

    def test_kinds_of_descriptors(self):
        words = ["socket:[12]", "anon_inode:[eventfd]", "anon_inode:kvm-vm", "/dev/kvm", "/tmp/x"]
        self.assertEqual([surface.kind_of(word) for word in words],
                         ["socket", "eventfd", "kvm-vm", "/dev/kvm", "file or folder"])

    def test_threads_of_the_kernel(self):
        self.assertTrue(threads.is_kernels("7 (kvm nx) S 1 7 7 0 -1 16448 0"))
        self.assertFalse(threads.is_kernels("7 (a) b) S 1 7 7 0 -1 4194304 0"))

    def test_capabilities(self):
        self.assertEqual(configuration.bounding_set("CapBnd:\t0000000000200001\n"), ["CAP_CHOWN", "CAP_SYS_ADMIN"])


if __name__ == "__main__":
    unittest.main()
