import json
import unittest

from benchmarks import phases

_SECOND = 1_767_225_600  # 2026-01-01T00:00:00Z


def line(name: str, time: str) -> str:
    return json.dumps({"level": "debug", "msg": f"phase: {name}", "time": time})


class TimeTests(unittest.TestCase):
    def test_every_digit_of_the_fraction_counts(self):
        self.assertEqual(phases.nanoseconds("2026-01-01T00:00:00.123456789Z"), _SECOND * 10**9 + 123456789)
        self.assertEqual(phases.nanoseconds("2026-01-01T00:00:00.5Z"), _SECOND * 10**9 + 500000000)

    def test_without_a_fraction_and_in_another_zone(self):
        self.assertEqual(phases.nanoseconds("2026-01-01T02:00:00+02:00"), _SECOND * 10**9)

    def test_refuses_other_texts(self):
        for text in ("", "yesterday", "2026-01-01", "2026-01-01T00:00:00"):
            self.assertRaises(ValueError, phases.nanoseconds, text)


class MarkTests(unittest.TestCase):
    def test_finds_phases_among_other_lines(self):
        log = "\n".join([
            "not json", '"a string"', "[1]", "{}", '{"msg": 5, "time": "x"}',
            line("begin", "2026-01-01T00:00:00.1Z"), '{"level":"debug","msg":"created","time":"2026-01-01T00:00:00Z"}',
            line("machine", "no time"), line("unheard", "2026-01-01T00:00:00Z"), line("down", "2026-01-01T00:00:01Z")])
        self.assertEqual(phases.marks(log), {"begin": _SECOND * 10**9 + 10**8, "down": (_SECOND + 1) * 10**9})

    def test_the_first_of_a_name_counts(self):
        log = line("begin", "2026-01-01T00:00:01Z") + "\n" + line("begin", "2026-01-01T00:00:02Z")
        self.assertEqual(phases.marks(log), {"begin": (_SECOND + 1) * 10**9})


class DurationTests(unittest.TestCase):
    def test_all_phases_from_spawn_to_exit(self):
        found = {name: (number + 1) * 10**9 for number, name in enumerate(phases.ORDER)}
        durations = phases.durations(0, found, 10 * 10**9)
        self.assertEqual(list(durations), phases.LABELS)
        self.assertEqual(durations[phases.LAST], 2.0)
        self.assertEqual(sum(durations.values()), 10.0)

    def test_a_missing_phase_adds_to_the_next(self):
        durations = phases.durations(0, {"begin": 10**9, "agent": 4 * 10**9}, 5 * 10**9)
        self.assertEqual(durations, {"process start": 1.0, "agent ready": 3.0, "clean-up": 1.0})

    def test_a_line_out_of_order_takes_no_time(self):
        durations = phases.durations(0, {"begin": 3 * 10**9, "launched": 2 * 10**9, "down": 9 * 10**9}, 5 * 10**9)
        self.assertEqual(durations, {"process start": 3.0, "sandbox launched": 0.0, "machine down": 2.0, "clean-up": 0.0})
        self.assertEqual(sum(durations.values()), 5.0)

    def test_no_phase_at_all(self):
        self.assertEqual(phases.durations(0, {}, 10**9), {"clean-up": 1.0})
