"""Reads metrics.prom files with the parser of the reference client; each must say what a run's file has to say."""

import pathlib
import sys

from prometheus_client import parser as text
from prometheus_client.openmetrics import parser as openmetrics

OUTCOMES = {"passed", "excepted", "inconclusive", "failed"}


def states(samples, of):
    """One state holds, the other three do not."""
    found = {}
    for sample in samples:
        key = tuple(sample.labels[name] for name in of)
        found.setdefault(key, {})[sample.labels["outcome"]] = sample.value
    for key, values in found.items():
        assert set(values) == OUTCOMES, (key, values)
        assert sorted(values.values()) == [0, 0, 0, 1], (key, values)
    return {key: next(o for o, v in values.items() if v) for key, values in found.items()}


def read(path):
    content = path.read_text()
    families = {f.name: f for f in openmetrics.text_string_to_metric_families(content)}
    # Collectors of text files read the older format; both must find the same.
    older = {f.name: f.samples for f in text.text_string_to_metric_families(content)}
    assert older == {name: f.samples for name, f in families.items()}, path
    for family in families.values():
        assert family.type == "gauge" and family.documentation.endswith("."), family
        assert not family.unit or family.name.endswith("_" + family.unit), family
    (run,) = states(families["drill_run_verdict"].samples, []).values()
    assert len(families["drill_run_info"].samples) == 1
    verdicts = states(families["drill_verdict"].samples, ["drill", "scenario"]) if "drill_verdict" in families else {}
    proved = families["drill_last_success_timestamp_seconds"].samples if "drill_last_success_timestamp_seconds" in families else []
    for sample in proved:
        key = (sample.labels["drill"], sample.labels["scenario"])
        assert verdicts[key] in ("passed", "excepted"), (path, key)
    if run in ("passed", "excepted"):
        assert len(proved) == len(verdicts), path
    return run


def main(paths):
    seen = [read(pathlib.Path(path)) for path in paths]
    assert set(seen) == OUTCOMES, f"files of every kind, not only {set(seen)}"
    for broken in ("drill_x 1\n", 'drill_x{a="\\q} 1\n# EOF\n', "# TYPE drill_x gauge\ndrill_x 1\n# EOF\nmore\n"):
        try:
            list(openmetrics.text_string_to_metric_families(broken))
        except ValueError:
            continue
        raise AssertionError(f"the parser takes everything: {broken!r}")
    print(f"{len(seen)} files read")


main(sys.argv[1:])
