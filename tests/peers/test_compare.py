"""benchmarks/peers/compare goes on when a worker dies, and says which one and why."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import unittest

PEERS = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "peers"
sys.path.insert(0, str(PEERS))
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("compare", str(PEERS / "compare"))
compare = importlib.util.module_from_spec(importlib.util.spec_from_loader("compare", loader))
loader.exec_module(compare)

CASES = [("training_step", "real_nvp", 8, 64, 256, 2), ("sample", "spline", 8, 64, 256, 2)]
A_CORE = [min(os.sched_getaffinity(0))]


def worker(program):
    return compare.Worker([sys.executable, "-c", program], A_CORE)


ANSWERS = "import sys\nfor line in sys.stdin: print(2.5, flush=True)"
NO_SPLINE = "import sys\nfor line in sys.stdin: print('none' if 'spline' in line else 5, flush=True)"
THROWS = "import sys\nfor line in sys.stdin:\n  if 'spline' in line: raise TypeError('no context')\n  print(5, flush=True)"
NEVER_STARTS = "import no_such_module"
KILLED = "import os, sys\nfor line in sys.stdin: os.kill(os.getpid(), 9)"
DIES_LATER = "import sys\nfor n, line in enumerate(sys.stdin):\n  if n == 3: sys.exit(7)\n  print(5, flush=True)"


class Compare(unittest.TestCase):
    def rows(self, ours, peers):
        with contextlib.redirect_stderr(io.StringIO()):
            results = [(case, *compare.measure(ours, peers, case, 3, 0.01)) for case in CASES]
        for subject in [*ours.values(), *peers.values()]:
            subject.close()
        table = io.StringIO()
        with contextlib.redirect_stdout(table):
            compare.print_table(results, list(ours), list(peers))
        return [[cell.strip() for cell in line.split("|")[3:-1]] for line in table.getvalue().strip().splitlines()[2:]]

    def test_a_row_says_which_worker_died_and_why(self):
        rows = self.rows({"ours": worker(ANSWERS)},
                         {"throws": worker(THROWS), "never": worker(NEVER_STARTS), "killed": worker(KILLED),
                          "later": worker(DIES_LATER), "none": worker(NO_SPLINE)})
        no_module = "died: ModuleNotFoundError: No module named 'no_such_module' (exit code 1)"
        killed, later, times = "died: signal SIGKILL", "died: exit code 7", "5.00 µs (2.00)"
        self.assertEqual(rows, [
            ["2.50 µs", times, no_module, killed, later, times, "**2.00** (2.00)"],
            ["2.50 µs", "died: TypeError: no context (exit code 1)", no_module, killed, later, "", ""],
        ])

    def test_our_own_worker_may_die(self):
        self.assertEqual(self.rows({"ours": worker(THROWS)}, {"peer": worker(ANSWERS)}), [
            ["5.00 µs", "2.50 µs (0.50)", "**0.50** (0.50)"],
            ["died: TypeError: no context (exit code 1)", "2.50 µs", ""],
        ])

    def test_a_program_may_die(self):
        program = compare.Program([sys.executable, "-c", "raise ValueError('lost')"], A_CORE)
        with self.assertRaisesRegex(compare.Died, r"ValueError: lost \(exit code 1\)"):
            program.time(("to 2.42 nats", "two moons"), 0.1)


if __name__ == "__main__":
    unittest.main()
