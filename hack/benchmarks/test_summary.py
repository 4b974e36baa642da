import unittest

from benchmarks.summary import Summary, percentile
from benchmarks.units import digits, round_text, text


class PercentileTests(unittest.TestCase):
    def test_one_sample_is_every_percentile(self):
        self.assertEqual([percentile([7.0], percent) for percent in (0, 50, 99, 100)], [7.0] * 4)

    def test_lies_between_two_samples_by_proportion(self):
        self.assertEqual(percentile([4.0, 1.0, 2.0, 3.0], 50), 2.5)
        self.assertAlmostEqual(percentile([float(n) for n in range(1, 12)], 90), 10.0)

    def test_ends_are_the_extremes(self):
        samples = [3.0, 9.0, 1.0]
        self.assertEqual((percentile(samples, 0), percentile(samples, 100)), (1.0, 9.0))

    def test_refuses_what_has_no_answer(self):
        self.assertRaises(ValueError, percentile, [], 50)
        self.assertRaises(ValueError, percentile, [1.0], 101)

    def test_summary_has_all_of_them_and_leaves_the_samples_alone(self):
        samples = [2.0, 1.0, 3.0]
        summary = Summary.of(samples)
        self.assertEqual((summary.count, summary.p50, summary.minimum, summary.maximum), (3, 2.0, 1.0, 3.0))
        self.assertAlmostEqual(summary.p99, 2.98)
        self.assertEqual(samples, [2.0, 1.0, 3.0])


class UnitTests(unittest.TestCase):
    def test_a_prefix_that_suits_the_value(self):
        self.assertEqual(text(0.0301, "s"), "30.1 ms")
        self.assertEqual(text(25.04, "s"), "25.0 s")
        self.assertEqual(text(0.000012, "s"), "12.0 µs")
        self.assertEqual(text(1536, "B"), "1.50 KiB")
        self.assertEqual(text(3 << 30, "B/s"), "3.00 GiB/s")

    def test_three_digits_count(self):
        self.assertEqual([digits(value) for value in (0, 0.001234, 0.5, 1.234, 12.34, 123.4, 12345)],
                         ["0", "0.00123", "0.500", "1.23", "12.3", "123", "12345"])

    def test_round_values_have_no_zeros_at_the_end(self):
        self.assertEqual([round_text(value, "s") for value in (0.02, 1.5, 0.1, 100)], ["20 ms", "1.5 s", "100 ms", "100 s"])

    def test_zero_and_units_without_prefixes(self):
        self.assertEqual(text(0, "s"), "0 µs")
        self.assertEqual(text(12.34, "1/s"), "12.3 1/s")
