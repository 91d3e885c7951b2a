"""All drills side by side: how long that takes beside each alone, and whether the verdicts stay what they are. Started by ci/bench.

  together   rounds: each drill alone, then all together with the default --jobs
  series     runs of all together in a row, quiet; with --load the same again beside a busy loop on every core
"""
import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import phases
import verdicts
from load import NoLoad, busy, interruptible
from shared import ROOT, Broken, bound, bounds_table, footer, machine, measured, spread, write_results

DRILL = os.environ.get("DRILL_BIN", "drill")

TO_SLOWEST_MAX = 1.3
TO_SLOWEST_SECONDS = 5
PEAK_MIB_MAX = 96
# Passed; failed; inconclusive. All three are verdicts, and are compared.
VERDICT_CODES = (0, 1, 3)


def shipped(named):
    """drill → its check ids, of those named or of all."""
    done = subprocess.run([DRILL, "list", "--json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"drill list --json ended with {done.returncode}:\n{done.stderr}")
    drills = {d["drill"]: [id for s in d["scenarios"] for id in s["checks"]] for d in json.loads(done.stdout)["drills"]}
    unknown = [name for name in named if name not in drills]
    if unknown:
        raise Broken(f"no such drill: {', '.join(unknown)}; there are {', '.join(drills)}")
    return {name: ids for name, ids in drills.items() if not named or name in named}


def load_now():
    return os.getloadavg()[0]


@contextlib.contextmanager
def run_of(names):
    """One run, and where it left its evidence (None: nowhere)."""
    with tempfile.TemporaryDirectory() as reports:
        load = load_now()
        run = measured([DRILL, "run", *names, "--reports", reports, "-q"], VERDICT_CODES)
        run["load"] = load
        latest = os.path.realpath(os.path.join(reports, "latest"))
        yield run, latest if os.path.exists(os.path.join(latest, "evidence.json")) else None


def evidence_in(directory):
    with open(os.path.join(directory, "evidence.json"), encoding="utf-8") as file:
        return json.load(file)


# --- together


def timed(names):
    """One run with its phases. Without evidence there are none."""
    with run_of(names) as (run, directory):
        if directory is None:
            raise Broken(f"drill run {' '.join(names)} ended with {run['code']} and left no evidence:\n{run.get('said', '')}")
        evidence = evidence_in(directory)
        drills = phases.drill_phases(phases.events_of(os.path.join(directory, "events.jsonl")))
    begins = min((d["begins"] for d in drills.values()), default=0.0)
    ends = max((d["begins"] + d["total"] for d in drills.values()), default=0.0)
    # What is no drill's: finding the engine, images and the network before; reports after.
    own = {"before_s": begins, "after_s": max(0.0, run["wall_s"] - ends)}
    images = sorted({f"{s['image']} ({s['origin']})" for s in evidence["servers"]})
    return {**run, **own, "outcome": evidence["outcome"], "jobs": evidence["by"].get("jobs"), "images": images, "drills": drills}


def rounds_of(pairs, names):
    timed(names)  # page cache and image layers are warm for everybody
    rounds = []
    for i in range(pairs):
        alone = {}
        for name in names:
            alone[name] = timed([name])
            print(f"pair {i + 1}/{pairs}: {name} alone {in_words(alone[name])}", file=sys.stderr)
        everything = timed(names)
        print(f"pair {i + 1}/{pairs}: together {in_words(everything)}", file=sys.stderr)
        rounds.append({"alone": alone, "together": everything})
    return rounds


def ending(run):
    return run["outcome"] + (f", exit {run['code']}" if run["code"] else "")


def said(run):
    """What a run with another exit code than 0 said at its end: a verdict, or an error of the environment."""
    lines = run.get("said", "").strip().splitlines()
    return "".join(f"\n    | {line}" for line in lines[-3:])


def in_words(run):
    return f"{run['wall_s']:.1f} s, {ending(run)}, {run['peak_mib']:.0f} MiB   load {run['load']:.1f}{said(run)}"


def bounds_of_rounds(rounds):
    walls = []
    for r in rounds:
        slowest = max(r["alone"], key=lambda name: r["alone"][name]["wall_s"])
        allowed = TO_SLOWEST_MAX * r["alone"][slowest]["wall_s"] + TO_SLOWEST_SECONDS
        walls.append((r["together"]["wall_s"] - allowed, r["together"]["wall_s"], allowed, slowest))
    over, wall, allowed, slowest = max(walls)
    runs = [(f"{name} alone", run) for r in rounds for name, run in r["alone"].items()] + [("together", r["together"]) for r in rounds]
    peak = max(run["peak_mib"] for _, run in runs)
    red = [f"{name} {ending(run)}" for name, run in runs if run["code"] != 0]
    limit = f"≤ {TO_SLOWEST_MAX} × slowest alone + {TO_SLOWEST_SECONDS} s, every pair"
    text = f"{wall:.1f} s of {allowed:.1f} s (slowest alone: {slowest})"
    return [
        bound("wall, together", limit, {"together_s": wall, "allowed_s": allowed}, over <= 0, text),
        bound("peak memory, highest", f"≤ {PEAK_MIB_MAX} MiB", peak, peak <= PEAK_MIB_MAX, f"{peak:.1f} MiB"),
        bound("runs that end with 0", "all", len(runs) - len(red), not red, f"{len(runs) - len(red)} of {len(runs)}" + "".join(f"; {r}" for r in red)),
    ]


def of_rounds(rounds):
    rows = ["| | wall s, median (range) | CPU s, user + system | peak MiB | before the servers s | after them s | outcome |", "|---|---|---|---|---|---|---|"]
    names = list(rounds[0]["alone"])
    every = {**{name: [r["alone"][name] for r in rounds] for name in names}, "**all together**": [r["together"] for r in rounds]}
    for name, runs in every.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in ("cpu_s", "before_s", "after_s")}
        peak = max(run["peak_mib"] for run in runs)
        outcome = ", ".join(dict.fromkeys(map(ending, runs)))
        walls = spread([run["wall_s"] for run in runs], 1)
        rows.append(f"| {name} | {walls} | {middle['cpu_s']:.1f} | {peak:.0f} | {middle['before_s']:.1f} | {middle['after_s']:.1f} | {outcome} |")
    alone = phases.medians([{name: r["alone"][name]["drills"][name] for name in names if name in r["alone"][name]["drills"]} for r in rounds])
    together = phases.medians([r["together"]["drills"] for r in rounds])
    rows += ["", *phases.table(alone, together)]
    loads = [run["load"] for runs in every.values() for run in runs]
    note = f"Pairs: {len(rounds)}, --jobs {rounds[0]['together']['jobs']}, load {min(loads):.1f}–{max(loads):.1f}. Images: {', '.join(rounds[0]['together']['images'])}."
    return {"rows": rows, "note": note, "bounds": bounds_of_rounds(rounds), "raw": rounds}


# --- series


def one_of_series(names, ids, known, kept):
    """One run's verdicts. Evidence of a run that differs is kept, to look at."""
    with run_of(names) as (run, directory):
        evidence = directory and evidence_in(directory)
        if evidence:
            known["wanted"] = verdicts.expected(ids, evidence["exceptions"])
            run["verdicts"] = verdicts.outcomes(evidence)
        else:
            run["verdicts"] = None
        wanted = known.get("wanted") or dict.fromkeys(ids, "passed")
        run["words"] = verdicts.line(wanted, run["verdicts"])
        if directory and not run["words"].endswith("as expected"):
            shutil.copytree(directory, kept)
    return run


def series(phase, runs, names, ids, known, out, done):
    """Appends each run to `done`, so that what was measured is there when the series is interrupted."""
    for i in range(runs):
        kept = os.path.join(out, "series", f"{phase}-{i + 1}")
        run = one_of_series(names, ids, known, kept)
        done.append(run)
        print(f"{phase} {i + 1}/{runs}: {run['words']}; {run['wall_s']:.1f} s, exit {run['code']}   load {run['load']:.1f}{said(run)}", file=sys.stderr)


def of_series(done, asked, known, ids):
    """`done`: phase → runs."""
    wanted = known.get("wanted") or dict.fromkeys(ids, "passed")
    compared = {phase: verdicts.compare(wanted, [run["verdicts"] for run in runs]) for phase, runs in done.items()}
    rows = ["| | runs | wall s, median (range) | verdicts | as expected | inconclusive | wrong | load |", "|---|---|---|---|---|---|---|---|"]
    for phase, runs in done.items():
        if runs:
            c, loads = compared[phase], [run["load"] for run in runs]
            numbers = f"{c['verdicts']:,} | {c['same']:,} | {c['inconclusive']:,} | {c['wrong']:,} | {min(loads):.1f}–{max(loads):.1f}"
            rows.append(f"| {phase} | {len(runs)} | {spread([run['wall_s'] for run in runs], 1)} | {numbers} |")
    rows += ["", *verdicts.table(wanted, compared)]
    bounds = [b for phase, c in compared.items() for b in verdicts.bounds_of(phase, c, bound)]
    ended = [run["code"] for run in done.get("quiet", [])]
    if ended:
        zero = ended.count(0)
        bounds.append(bound("quiet: runs that end with 0", "all", zero, zero == len(ended), f"{zero} of {len(ended)}"))
    note = "Evidence of the runs that differ: target/bench/series/." if any(c["differing"] for c in compared.values()) else ""
    missing = {phase: asked - len(runs) for phase, runs in done.items() if len(runs) < asked}
    for phase, n in missing.items():
        bounds.append(bound(f"{phase}: runs made", str(asked), asked - n, False, f"{asked - n} (broken off)"))
    apart = lambda run: run["verdicts"] and {id: o for id, o in run["verdicts"].items() if o != wanted.get(id)}
    raw = {"wanted": wanted, "compared": compared, "runs": {phase: [dict(run, verdicts=apart(run)) for run in runs] for phase, runs in done.items()}}
    return {"rows": rows, "note": note, "bounds": bounds, "raw": raw}


def all_series(arguments, drills):
    """The phases in turn: what was measured, and the exit code of what broke them off (0: nothing)."""
    names, ids = list(drills), [id for of in drills.values() for id in of]
    shutil.rmtree(os.path.join(arguments.out, "series"), ignore_errors=True)
    known, done, code = {}, {}, 0
    cores = len(os.sched_getaffinity(0))
    loads = {"quiet": contextlib.nullcontext, "load": lambda: busy(cores)}
    try:
        for phase in {"none": ["quiet"], "also": ["quiet", "load"], "only": ["load"]}[arguments.load]:
            done[phase] = []
            with loads[phase]():
                series(phase, arguments.runs, names, ids, known, arguments.out, done[phase])
    except KeyboardInterrupt:
        code = 130
    except (Broken, NoLoad) as broken:
        print(f"ci/bench: {broken}", file=sys.stderr)
        code = 3
    return of_series(done, arguments.runs, known, ids), code


def command_line(arguments):
    count = f"--pairs {arguments.pairs}" if arguments.what == "together" else f"--runs {arguments.runs}"
    load = {"none": "", "also": " --load", "only": " --load-only"}[arguments.load] if arguments.what == "series" else ""
    return " ".join(["ci/bench", arguments.what, *arguments.drills, count]) + load


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("together", "series"))
    parser.add_argument("drills", nargs="*")
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--load", choices=("none", "also", "only"), default="none")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    interruptible()
    code = 0
    try:
        drills = shipped(arguments.drills)
        if arguments.what == "together":
            section = of_rounds(rounds_of(arguments.pairs, list(drills)))
        else:
            section, code = all_series(arguments, drills)
    except (Broken, phases.Unreadable) as broken:
        print(f"ci/bench: {broken}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130
    where = machine(command_line(arguments))
    note = [section["note"], ""] if section["note"] else []
    text = "\n".join([*section["rows"], "", *note, *bounds_table(section["bounds"]), "", footer(where)]) + "\n"
    write_results(arguments.out, arguments.what, text, {"machine": where, **section})
    print(text, end="")
    return code or (0 if all(b["met"] for b in section["bounds"]) else 1)


if __name__ == "__main__":
    sys.exit(main())
