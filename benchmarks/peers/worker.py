"""What every peer's worker shares: the order in, the time out.

A worker is a process that stays. It reads orders, one a line,

    TASK FAMILY COUPLINGS WIDTH BATCH DIM SECONDS

and answers each with the median time of one call in microseconds, or with "none" for work that its library does not
offer. TASK is one of training_step, log_prob, sample, one_point; FAMILY one of real_nvp, spline, maf,
planar, glow, fast_flow. The first
order of a kind also builds (and compiles) the flow, outside of the measured time.
"""

import sys
import time


def median_microseconds(call, seconds):
    """The median over calls, repeated for about `seconds`; at least five."""
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    times.sort()
    return times[len(times) // 2] * 1e6


def serve(prepare):
    """Answers orders; prepare(task, family, couplings, width, batch, dim) gives a function to time, or None."""
    calls = {}
    for line in sys.stdin:
        task, family, *numbers = line.split()
        couplings, width, batch, dim = (int(n) for n in numbers[:4])
        seconds = float(numbers[4])
        key = (task, family, couplings, width, batch, dim)
        if key not in calls:
            calls[key] = prepare(*key)
            if calls[key] is not None:
                for _ in range(3):
                    calls[key]()
        if calls[key] is None:
            print("none", flush=True)
        else:
            print(f"{median_microseconds(calls[key], seconds):.4f}", flush=True)
