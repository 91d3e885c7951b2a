"""Compares the verdicts of several runs of the same drills. Pure: verdicts in, counts and bounds out.

Expected of a check is `excepted` where an exception is in force for it, else `passed`. That is stricter than comparing with another
run: an exception whose check passes is stale, and a check that fails in every run is the same in every run.
"""
from collections import Counter

INCONCLUSIVE_SHARE_MAX = 0.02
# No verdict, as in a run that left no evidence.
NONE = "none"


def expected(check_ids, exceptions):
    """id → outcome. `exceptions`: as evidence.json has them."""
    in_force = {e["check"] for e in exceptions if e["in_force"]}
    return {id: "excepted" if id in in_force else "passed" for id in check_ids}


def outcomes(evidence):
    """id → outcome of one run's evidence.json. What it lists as not judged has no verdict."""
    return {c["id"]: c["outcome"] for d in evidence["verdicts"] for s in d["scenarios"] for c in s["checks"]}


def kind(outcome, wanted, has_evidence):
    """How a verdict stands to what is expected: `same`, `inconclusive` (nothing was proved, and it says so) or `wrong`."""
    if outcome == wanted:
        return "same"
    # A run without evidence claims nothing. Evidence in which a check is missing hides that it was not judged.
    if outcome == "inconclusive" or (outcome == NONE and not has_evidence):
        return "inconclusive"
    return "wrong"


def compare(wanted, runs):
    """`runs`: id → outcome, or None for a run without evidence. Counts of all verdicts, and the checks that differ."""
    counts, differing, wrong = Counter(), {}, set()
    for run in runs:
        found = run or {}
        for id in {**wanted, **found}:
            outcome = found.get(id, NONE)
            how = kind(outcome, wanted.get(id), run is not None)
            counts[how] += 1
            if how == "wrong":
                wrong.add(id)
            if how != "same":
                differing.setdefault(id, Counter())[outcome] += 1
    return {
        "runs": len(runs),
        "verdicts": sum(counts.values()),
        "same": counts["same"],
        "inconclusive": counts["inconclusive"],
        "wrong": counts["wrong"],
        "wrong_checks": sorted(wrong),
        "differing": {id: dict(sorted(c.items())) for id, c in sorted(differing.items())},
    }


def bounds_of(phase, compared, bound):
    """`quiet`: nothing differs. `load`: nothing is wrong, and little is inconclusive."""
    of = f"of {compared['verdicts']:,} in {compared['runs']} runs"
    wrong = compared["wrong"]
    if phase == "quiet":
        differ = wrong + compared["inconclusive"]
        return [bound("quiet: verdicts other than expected", "0", differ, differ == 0 and compared["same"] > 0, f"{differ:,} {of}")]
    # Of nothing, nothing was measured: that meets no bound.
    share = compared["inconclusive"] / compared["verdicts"] if compared["verdicts"] else 1.0
    return [
        bound("under load: wrong verdicts", "0", wrong, wrong == 0 and compared["verdicts"] > 0, f"{wrong:,} {of}"),
        bound("under load: inconclusive", f"≤ {INCONCLUSIVE_SHARE_MAX:.0%}", share, share <= INCONCLUSIVE_SHARE_MAX, f"{share:.2%} ({compared['inconclusive']:,} {of})"),
    ]


def counted(counts):
    return ", ".join(f"{outcome} ×{n}" for outcome, n in counts.items()) or "as expected"


def table(wanted, compared):
    """Markdown rows: every check that differed in some phase; what was wrong anywhere first. `compared`: phase → compare(…)."""
    wrong = {id for c in compared.values() for id in c["wrong_checks"]}
    ids = sorted({id for c in compared.values() for id in c["differing"]}, key=lambda id: (id not in wrong, id))
    if not ids:
        return ["Every check had the expected outcome in every run."]
    rows = [f"| check | expected | {' | '.join(compared)} | |", "|---|---|" + "---|" * len(compared) + "---|"]
    for id in ids:
        cells = " | ".join(counted(c["differing"].get(id, {})) for c in compared.values())
        rows.append(f"| `{id}` | {wanted.get(id, 'unknown')} | {cells} | {'**wrong**' if id in wrong else ''} |")
    return rows


def line(wanted, run):
    """One run in words."""
    if run is None:
        return "no evidence"
    compared = compare(wanted, [run])
    words = ", ".join(f"{n:,} {outcome}" for outcome, n in sorted(Counter(run.values()).items(), key=lambda pair: -pair[1]))
    apart = [f"{id} {counted(c)}" for id, c in compared["differing"].items()]
    if not apart:
        return f"{words}; as expected"
    return f"{words}; {'WRONG' if compared['wrong'] else 'differs'}: {'; '.join(apart[:3])}{f' and {len(apart) - 3} more' if len(apart) > 3 else ''}"
