"""How work grows with its input: counted steps, which no load of the machine changes."""

import sys
import time
from collections.abc import Callable

STEPS = 4.5  # times, for four times the input; linear is 4, one loop within another 16
SECONDS = 8  # times, of the best of some runs: what a C function does within one step


def steps_of(work: Callable[[], object]) -> int:
    """Calls of Python and of C functions that ``work`` makes."""
    counted = 0

    def count(frame, event, argument) -> None:
        nonlocal counted
        if event in ("call", "c_call"):
            counted += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def best_of(work: Callable[[], object], runs: int = 3) -> float:
    """CPU seconds of the fastest of some runs."""
    took = []
    for _ in range(runs):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def assert_linear(work_on: Callable[[int], object], size: int) -> None:
    """Four times the input takes about four times the steps and, where it can be told, the time."""
    work_on(10)  # warm
    few, many = steps_of(lambda: work_on(size)), steps_of(lambda: work_on(4 * size))
    assert many < STEPS * few, f"{few} steps became {many}"
    short, long = best_of(lambda: work_on(size)), best_of(lambda: work_on(4 * size), 2)
    assert long < max(SECONDS * short, 0.3), f"{short:.3f} s became {long:.3f} s"
