import unittest
import xml.etree.ElementTree as ElementTree

from benchmarks import chart
from benchmarks.plot import LABELS, MARGIN, VALUES, WIDTH, Bar, panels, step, svg
from benchmarks.results import Results

_NAME = "{http://www.w3.org/2000/svg}"


def bar(label: str, *seconds: float) -> Bar:
    return Bar(label, tuple((f"phase {number}", value) for number, value in enumerate(seconds)))


class DrawingTests(unittest.TestCase):
    def test_is_well_formed_whatever_the_names(self):
        root = ElementTree.fromstring(svg('a < b & "c"', "d > e", [Bar("<x>", (("&", 1.0),))]))
        self.assertEqual(root.tag, _NAME + "svg")
        self.assertIn("<x>", [text.text for text in root.iter(_NAME + "text")])

    def test_segments_follow_each_other_and_fit(self):
        root = ElementTree.fromstring(svg("t", "s", [bar("one", 1, 2, 3)]))
        boxes = [box for box in root.iter(_NAME + "rect") if box.find(_NAME + "title") is not None]
        places = [(float(box.get("x")), float(box.get("width"))) for box in boxes]
        self.assertEqual(len(places), 3)
        for (x, width), (following, _) in zip(places, places[1:]):
            self.assertAlmostEqual(x + width, following, places=1)
        self.assertAlmostEqual(sum(places[-1]), WIDTH - MARGIN - VALUES, places=1)
        self.assertAlmostEqual(places[0][0], MARGIN + LABELS, places=1)

    def test_everything_lies_on_the_card(self):
        root = ElementTree.fromstring(svg("t", "s", [bar("a", 0.001), bar("b", 30, 1), bar("c", 0.002)]))
        height = float(root.get("height"))
        for text in root.iter(_NAME + "text"):
            self.assertLess(float(text.get("y")), height)

    def test_nothing_to_draw_and_nothing_but_zeros(self):
        for bars in ([], [bar("zero", 0, 0)]):
            ElementTree.fromstring(svg("t", "s", bars))


class ScaleTests(unittest.TestCase):
    def test_far_longer_bars_have_a_panel_of_their_own(self):
        found = panels([bar("cold", 25), bar("runc", 0.03), bar("crun", 0.02), bar("tcg", 20)])
        self.assertEqual([[one.label for one in panel] for panel in found], [["crun", "runc"], ["tcg", "cold"]])

    def test_steps_are_round(self):
        self.assertAlmostEqual(step(0.047), 0.01)
        self.assertAlmostEqual(step(25), 5)
        self.assertAlmostEqual(step(6e-9), 1e-9)


class ChartTests(unittest.TestCase):
    def test_phases_or_the_total(self):
        found = Results()
        found.add("start", "vmrun", "total", "s", 3)
        found.add("start", "vmrun", "phase: clean-up", "s", 1, 2, 3)
        found.add("start", "runc", "total", "s", 0.5)
        found.add("memory", "runc", "total", "B", 7)
        self.assertEqual(chart.bars(found), [
            Bar("vmrun", (("clean-up", 2),)), Bar("runc", (("total (no phases)", 0.5),))])
