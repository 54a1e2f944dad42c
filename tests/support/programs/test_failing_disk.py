#!/usr/bin/env python3
"""failing_disk: a program's writes fail in its folder, while it says so, and nowhere else."""
import errno
import os
import subprocess
import sys
import tempfile
import unittest

LIBRARY = os.path.join(os.environ["SB_BINARY_DIR"], "bin/tests/support/failing-disk.so")

PROGRAM = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
for call in (lambda: os.write(fd, b"x"), lambda: os.pwrite(fd, b"x", 0), lambda: os.fsync(fd),
             lambda: os.fdatasync(fd)):
    try:
        call()
        print(0)
    except OSError as error:
        print(error.errno)
"""


class FailingDisk(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        os.mkdir(os.path.join(self.folder.name, "disk"))

    def outcome(self, file, order):
        control = os.path.join(self.folder.name, "control")
        with open(control, "w", encoding="ascii") as text:
            text.write(order)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, os.path.join(self.folder.name, file)],
            env={**os.environ, "LD_PRELOAD": LIBRARY, "FAILING_DISK_CONTROL": control,
                 "FAILING_DISK_FOLDER": os.path.join(self.folder.name, "disk")},
            capture_output=True, text=True, check=True, timeout=30)
        return [int(line) for line in done.stdout.split()]

    def test_calls_fail_as_told(self):
        self.assertEqual(self.outcome("disk/file", ""), [0, 0, 0, 0])
        full, broken = errno.ENOSPC, errno.EIO
        self.assertEqual(self.outcome("disk/file", f"write {full}"), [full, full, 0, 0])
        self.assertEqual(self.outcome("disk/file", f"sync {broken}"), [0, 0, broken, broken])
        self.assertEqual(self.outcome("disk/file", f"all {broken}"), [broken] * 4)

    def test_other_files_are_well(self):
        self.assertEqual(self.outcome("file", "all 5"), [0, 0, 0, 0])


if __name__ == "__main__":
    unittest.main()
