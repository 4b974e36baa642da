import unittest

from benchmarks import report
from benchmarks.results import Results


def results() -> Results:
    found = Results()
    found.add("start", "vmrun", "total", "s", 0.3)
    found.add("start", "vmrun", "phase: agent ready", "s", 0.1)
    found.add("start", "runc", "total", "s", 0.1, 0.1)
    found.add("qemu", "QEMU", "total", "s", 0.2)
    found.skip("start", "crun", "it is not there")
    found.skip("all", "vmrun", "no templates")
    found.note("start", "How it was had.")
    return found


class TableTests(unittest.TestCase):
    def test_columns_are_as_wide_as_their_widest_cell(self):
        lines = report.table(["a", "b", "c"], [["long cell", "x", "1"], ["y", "z", "1000"]]).splitlines()
        self.assertEqual(lines, [
            "| a         | b   |    c |",
            "| --------- | --- | ---: |",
            "| long cell | x   |    1 |",
            "| y         | z   | 1000 |"])

    def test_a_bar_in_a_cell_does_not_end_it(self):
        self.assertIn("a\\|b", report.table(["x"], [["a|b"]]))


class MarkdownTests(unittest.TestCase):
    def test_medians_stand_over_the_reference(self):
        found = results()
        self.assertEqual(report.ratio(found.find("start", "vmrun", "total"), found), "3.00")
        self.assertEqual(report.ratio(found.find("qemu", "QEMU", "total"), found), "2.00")
        self.assertEqual(report.ratio(found.find("start", "vmrun", "phase: agent ready"), found), "")

    def test_metrics_that_are_shared_stand_together_before_phases(self):
        rows = report.ordered([record for record in results().records if record.measurement == "start"])
        self.assertEqual([(row.metric, row.subject) for row in rows],
                         [("total", "vmrun"), ("total", "runc"), ("phase: agent ready", "vmrun")])

    def test_everything_is_told(self):
        text = report.markdown({"kernel": "Linux"}, results(), {"start": "Starts", "qemu": "QEMU", "exec": "Exec"})
        for wanted in ("| kernel", "### Starts", "300 ms", "How it was had.", "- crun: not measured, it is not there",
                       "- vmrun: not measured, no templates"):
            self.assertIn(wanted, text)
        self.assertNotIn("### Exec", text)


class JSONTests(unittest.TestCase):
    def test_samples_and_their_summary(self):
        record = results().json()["records"][2]
        self.assertEqual((record["subject"], record["samples"], record["summary"]["count"]), ("runc", [0.1, 0.1], 2))

    def test_the_same_skip_and_note_once(self):
        found = results()
        found.skip("all", "vmrun", "no templates")
        found.note("start", "How it was had.")
        self.assertEqual((len(found.skips), found.notes["start"]), (2, ["How it was had."]))
