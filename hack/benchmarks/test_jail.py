import os
import unittest

from benchmarks import measure_jail, phases


class JailTests(unittest.TestCase):
    def test_only_phases_of_the_host_count(self):
        durations = {label: float(number) for number, label in enumerate(phases.LABELS)}
        alone = measure_jail.alone(durations)
        self.assertEqual(set(alone), phases.WITHOUT_GUEST | {measure_jail.WITHOUT_GUEST})
        self.assertEqual(alone[measure_jail.WITHOUT_GUEST], sum(durations[label] for label in phases.WITHOUT_GUEST))

    def test_layers_are_left_off_for_one_start_alone(self):
        with measure_jail._without("seccomp"):
            self.assertEqual(os.environ["VMRUN_WITHOUT"], "seccomp")
        self.assertNotIn("VMRUN_WITHOUT", os.environ)
        with measure_jail._without(None):
            self.assertNotIn("VMRUN_WITHOUT", os.environ)
