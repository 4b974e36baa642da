import shutil
import subprocess
import unittest

from benchmarks import newc


class ArchiveTests(unittest.TestCase):
    def test_members_are_padded_to_four_bytes(self):
        self.assertEqual(len(newc.archive([newc.program("ab", b"x")])) % 4, 0)

    def test_a_member_begins_as_the_kernel_wants_it(self):
        data = newc.archive([newc.character_device("dev/null", 1, 3)])
        self.assertEqual(data[:6], b"070701")
        self.assertEqual(data[14:22], b"000021B6")
        self.assertEqual(data[78:94], b"0000000100000003")
        self.assertEqual(data[110:119], b"dev/null\0")

    @unittest.skipUnless(shutil.which("cpio"), "cpio is missing")
    def test_cpio_lists_it(self):
        data = newc.archive([newc.folder("dev"), newc.program("init", b"#!/bin/sh\n")])
        listing = subprocess.run(["cpio", "-it"], input=data, capture_output=True, check=True).stdout
        self.assertEqual(listing.decode().split(), ["dev", "init"])


if __name__ == "__main__":
    unittest.main()
