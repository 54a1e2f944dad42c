"""What a daemon counts, read from the file that its section `metrics` names (Prometheus text)."""
import os
import re
import time

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Series:
    """One reading: values by name and labels, but for `le` of histograms."""

    def __init__(self, text):
        self.values = {}
        self.buckets = {}
        for line in text.splitlines():
            found = SAMPLE.match(line)
            if not found:
                continue
            labels = dict(LABEL.findall(found[2] or ""))
            bound = labels.pop("le", None)
            key = (found[1], frozenset(labels.items()))
            if bound is None:
                self.values[key] = float(found[3])
            else:
                self.buckets.setdefault(key, {})[float(bound)] = float(found[3])

    def value(self, name, **labels):
        return self.values.get((name, frozenset(labels.items())), 0.0)

    def histogram(self, name, **labels):
        return self.buckets.get((name + "_bucket", frozenset(labels.items())), {})


def percentile(before, after, percent, name, **labels):
    """The percentile of what came between two readings, interpolated inside its bucket (bounds are
    powers of two); None when nothing came."""
    earlier, later = before.histogram(name, **labels), after.histogram(name, **labels)
    wanted, below, lower = None, 0.0, 0.0
    if later:
        highest = max(later)
        wanted = (later[highest] - earlier.get(highest, 0.0)) * percent / 100
    if not wanted:
        return None
    for bound in sorted(later):
        count = later[bound] - earlier.get(bound, 0.0)
        if count >= wanted:
            return bound if bound == float("inf") else (
                lower + (bound - lower) * (wanted - below) / (count - below))
        below, lower = count, bound
    return None


def read_after(path, moment, seconds=10):
    """A reading that was begun after `moment` (of time.time()): the second file since then, since
    the first may have been on its way."""
    deadline = time.monotonic() + seconds
    seen = set()
    while time.monotonic() < deadline:
        try:
            modified = os.stat(path).st_mtime
            if modified > moment:
                seen.add(modified)
            if len(seen) >= 2:
                with open(path) as text:
                    return Series(text.read())
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    raise TimeoutError(f"no metrics in {path}")
