# SPDX-License-Identifier: Apache-2.0
"""python3 tests/e2e [PATTERN]: runs the end-to-end tests and says in one line how it went."""
import pathlib
import sys
import unittest

HERE = str(pathlib.Path(__file__).resolve().parent)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*_test.py"
    tests = unittest.defaultTestLoader.discover(HERE, pattern=pattern, top_level_dir=HERE)
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    # A subtest that fails counts for itself, and may be one of several of its test.
    passed = max(0, result.testsRun - failed - skipped)
    print(f"e2e: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or result.testsRun == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
