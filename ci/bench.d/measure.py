"""Measures drill: paired with its peers, the width of its intervals, its start-up. Started by ci/bench, which prepares everything.

Each round runs every contender once, in an order that rotates, so that a noisy minute hits all of them. Wall and CPU are of the
contender's whole process tree (the engine and the containers are not in it), peak memory is that of its largest process.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from shared import ROOT, Broken, bound, bounds_table, footer, machine, measured, percentile, spread, write_results

DRILL = os.environ["DRILL_BIN"]

WALL_TO_FLOOR_MAX = 1.4
PEAK_MIB_MAX = 40
LIST_MS_MAX = 20
WIDTH_TO_LOGIN_MAX = 4
LISTINGS = 40
PERCENTILE = 0.95


# --- paired runs


def same_two(drill):
    """What the peers do: one revocation, one expiry. Everything else of the drill is nobody's yardstick."""
    return [f"{drill}/revoke", f"{drill}/expire"]


def contenders(drill, reports):
    peers = os.path.join(ROOT, "ci", "peers")
    return {
        "floor": ["bash", f"{peers}/floor.sh"],
        "shell": ["bash", f"{peers}/postgres_drill.sh"],
        "pytest": [os.environ["PEER_PYTHON"], "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{peers}/test_postgres_drill.py"],
        "drill": [DRILL, "run", *same_two(drill), "--reports", reports],
    }


def paired(pairs, drill):
    with tempfile.TemporaryDirectory() as reports:
        commands = contenders(drill, reports)
        for command in commands.values():
            measured(command)  # page cache and image layers are warm for everybody
        order, rounds = list(commands), []
        for i in range(pairs):
            order = order[1:] + order[:1]
            this = {"load": os.getloadavg()[0], "order": list(order)}
            for name in order:
                this[name] = measured(commands[name])
            rounds.append(this)
            walls = "  ".join(f"{name} {this[name]['wall_s']:.2f}" for name in commands)
            print(f"pair {i + 1}/{pairs}: {walls}   load {this['load']:.1f}", file=sys.stderr)
    return rounds


def of_pairs(rounds):
    """The peers' table, and its bounds."""
    names = {
        "floor": "floor script (a yardstick: no checks)",
        "shell": "peer: shell, curl, jq, psql",
        "pytest": "peer: pytest, testcontainers, hvac, psycopg",
        "drill": "**drill run postgres/revoke postgres/expire**, all checks on",
    }
    rows = ["| | wall s, median (range) | CPU s | peak MiB | drill's wall ÷ its wall |", "|---|---|---|---|---|"]
    for name, words in names.items():
        column = lambda key: [r[name][key] for r in rounds]
        ratio = statistics.median(r["drill"]["wall_s"] / r[name]["wall_s"] for r in rounds)
        cpu, peak = statistics.median(column("cpu_s")), statistics.median(column("peak_mib"))
        rows.append(f"| {words} | {spread(column('wall_s'))} | {cpu:.2f} | {peak:.0f} | {'' if name == 'drill' else f'{ratio:.2f}'} |")
    walls = {name: statistics.median(r[name]["wall_s"] for r in rounds) for name in names}
    to_floor = walls["drill"] / walls["floor"]
    behind = [i + 1 for i, r in enumerate(rounds) if r["drill"]["wall_s"] >= min(r["shell"]["wall_s"], r["pytest"]["wall_s"])]
    peak = max(r["drill"]["peak_mib"] for r in rounds)
    ahead = f"in {len(rounds) - len(behind)} of {len(rounds)}"
    bounds = [
        bound("wall, median ÷ the floor's", f"≤ {WALL_TO_FLOOR_MAX}", to_floor, to_floor <= WALL_TO_FLOOR_MAX, f"{to_floor:.2f}"),
        bound("wall below the faster peer's", "in every pair", len(rounds) - len(behind), not behind, ahead),
        bound("peak memory, highest", f"≤ {PEAK_MIB_MAX} MiB", peak, peak <= PEAK_MIB_MAX, f"{peak:.1f} MiB"),
    ]
    loads = [r["load"] for r in rounds]
    note = f"{len(rounds)} pairs, load {min(loads):.1f}–{max(loads):.1f}."
    return {"rows": rows, "note": note, "bounds": bounds, "raw": rounds}


# --- the width of the exposure interval


def widths_of(directory):
    """Each scenario's interval (from the last accepted login's start to the first counted refusal's end) beside the run's median login."""
    with open(os.path.join(directory, "evidence.json"), encoding="utf-8") as file:
        evidence = json.load(file)
    logins = []
    with open(os.path.join(directory, "events.jsonl"), encoding="utf-8") as file:
        next(file)  # the head
        for event in map(json.loads, file):
            if event.get("event") == "probe" and event["stage"] == "login" and "accepted" in event["saw"]:
                logins.append(event["done_us"] - event["sent_us"])
    login_us = statistics.median(logins)
    for drill in evidence["verdicts"]:
        for scenario in drill["scenarios"]:
            for exposure in scenario["exposures"]:
                if exposure["session"]:
                    continue
                if exposure["upper_us"] is None:
                    raise Broken(f"{directory}: no death was seen in {scenario['scenario']}")
                observed = exposure["first_refused_us"] - exposure["last_accepted_us"]
                reported = max(exposure["upper_us"], 0) - max(exposure["lower_us"], 0)
                yield {"scenario": scenario["scenario"], "reported_us": reported, "observed_us": observed, "login_us": login_us}


def intervals(runs, drill):
    found = []
    with tempfile.TemporaryDirectory() as reports:
        command = [DRILL, "run", *same_two(drill), "--reports", reports, "-q"]
        measured(command)
        for i in range(runs):
            measured(command)
            latest = os.path.realpath(os.path.join(reports, "latest"))
            load = os.getloadavg()[0]
            now = [dict(width, load=load) for width in widths_of(latest)]
            found += now
            words = "  ".join(f"{w['scenario']} {w['reported_us'] / w['login_us']:.1f}" for w in now)
            print(f"run {i + 1}/{runs}: width ÷ login {words}   load {load:.1f}", file=sys.stderr)
    return found


def of_intervals(found, runs):
    rows = ["| width of the exposure interval | ms, median (range) | ÷ median login | 95th percentile |", "|---|---|---|---|"]
    ratio = lambda w, kind: w[f"{kind}_us"] / w["login_us"]
    scenarios = list(dict.fromkeys(w["scenario"] for w in found))
    for scenario in [*scenarios, None]:
        these = [w for w in found if scenario in (w["scenario"], None)]
        for kind in ("reported", "observed"):
            ratios = [ratio(w, kind) for w in these]
            words = f"`{scenario}`" if scenario else "both"
            words += ", as reported" if kind == "reported" else ", from the last acceptance's start, wherever the trigger was"
            widths = spread([w[f"{kind}_us"] / 1000 for w in these], 0)
            rows.append(f"| {words} | {widths} | {statistics.median(ratios):.1f} | {percentile(ratios, PERCENTILE):.1f} |")
    at = percentile([ratio(w, "reported") for w in found], PERCENTILE)
    bounds = [
        bound("width of the exposure interval ÷ that run's median login, 95th percentile", f"≤ {WIDTH_TO_LOGIN_MAX}", at, at <= WIDTH_TO_LOGIN_MAX, f"{at:.1f}"),
    ]
    logins, loads = [w["login_us"] / 1000 for w in found], [w["load"] for w in found]
    note = f"{runs} runs, median login {spread(logins, 1)} ms, load {min(loads):.1f}–{max(loads):.1f}."
    return {"rows": rows, "note": note, "bounds": bounds, "raw": found}


# --- start-up


def of_listing():
    times = []
    for _ in range(LISTINGS + 1):
        begin = time.monotonic()
        done = subprocess.run([DRILL, "list"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        times.append((time.monotonic() - begin) * 1000)
        if done.returncode != 0:
            raise Broken(f"drill list ended with {done.returncode}:\n{done.stderr}")
    times = times[1:]  # the first one read the program from the disk
    median = statistics.median(times)
    rows = ["| | ms, median (range) |", "|---|---|", f"| `drill list` | {spread(times, 1)} |"]
    bounds = [bound("`drill list`, median", f"≤ {LIST_MS_MAX} ms", median, median <= LIST_MS_MAX, f"{median:.1f} ms")]
    return {"rows": rows, "note": f"{LISTINGS} starts, load {os.getloadavg()[0]:.1f}.", "bounds": bounds, "raw": times}


# --- together


def as_markdown(sections, where):
    lines = []
    for section in sections.values():
        lines += [*section["rows"], "", section["note"], ""]
    lines += bounds_table(b for section in sections.values() for b in section["bounds"])
    return "\n".join([*lines, "", footer(where)]) + "\n"


def command_line(arguments):
    options = {"peers": f" --pairs {arguments.pairs}", "width": f" --runs {arguments.runs}", "list": ""}
    return f"ci/bench {arguments.what}" + options.get(arguments.what, f" --pairs {arguments.pairs} --runs {arguments.runs}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("peers", "width", "list", "all"))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--drill", default="postgres")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    sections = {}
    try:
        if arguments.what in ("peers", "all"):
            sections["peers"] = of_pairs(paired(arguments.pairs, arguments.drill))
        if arguments.what in ("width", "all"):
            sections["width"] = of_intervals(intervals(arguments.runs, arguments.drill), arguments.runs)
        if arguments.what in ("list", "all"):
            sections["list"] = of_listing()
    except Broken as broken:
        print(f"ci/bench: {broken}", file=sys.stderr)
        return 3
    where = dict(machine(command_line(arguments)), images=[os.environ.get(k) for k in ("OPENBAO_IMAGE", "POSTGRES_IMAGE")])
    text = as_markdown(sections, where)
    write_results(arguments.out, "results", text, {"machine": where, "sections": sections})
    print(text, end="")
    return 0 if all(b["met"] for s in sections.values() for b in s["bounds"]) else 1


if __name__ == "__main__":
    sys.exit(main())
