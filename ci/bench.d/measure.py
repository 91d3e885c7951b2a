"""Paired runs of drill, both peers and the floor on the same images; a table of medians and ratios.

Each round runs every contender once, in an order that rotates, so that a noisy minute hits all of them.
Wall and CPU are of the contender's whole process tree (containers run elsewhere); peak memory is that of the harness itself.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(command, env):
    """One run: wall s, CPU s, peak KiB of the largest process in its tree."""
    script = (
        "import os,resource,subprocess,sys,time\n"
        "t=time.monotonic(); c=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.PIPE)\n"
        "w=time.monotonic()-t; u=resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "sys.stderr.buffer.write(c.stderr[-2000:]) if c.returncode else None\n"
        "print(c.returncode,w,u.ru_utime+u.ru_stime,u.ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *command], env=env, cwd=ROOT, capture_output=True, text=True)
    code, wall, cpu, peak = done.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(command)} ended with {code}:\n{done.stderr}")
    return float(wall), float(cpu), int(peak)


def contenders(env, reports):
    peers = os.path.join(ROOT, "ci", "peers")
    drill = os.environ["DRILL_BIN"]
    found = {
        "floor": ["bash", f"{peers}/floor.sh"],
        "shell": ["bash", f"{peers}/postgres_drill.sh"],
        "drill": [drill, "run", "postgres", "--reports", reports],
    }
    pytest = os.environ.get("PEER_PYTHON")
    if pytest:
        found["pytest"] = [pytest, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{peers}/test_postgres_drill.py"]
    return found


def exposure_widths(reports):
    """Width of each exposure interval over the median login of that run."""
    import json
    ratios = []
    for run_id in os.listdir(os.path.join(reports, "runs")):
        events = [json.loads(line) for line in open(os.path.join(reports, "runs", run_id, "events.jsonl"))][1:]
        logins = [e["done_us"] - e["sent_us"] for e in events if e.get("event") == "probe" and e["stage"] == "login" and "accepted" in e["saw"]]
        median = statistics.median(logins)
        subjects = {}
        for e in events:
            if e.get("event") == "probe" and "subject" in str(e["series"]["part"]) and "session" not in str(e["series"]["part"]):
                subjects.setdefault(e["scenario"], []).append(e)
        for probes in subjects.values():
            accepted = [p for p in probes if "accepted" in p["saw"]]
            refused = [p for p in probes if "refused" in p["saw"] and p["sent_us"] > accepted[-1]["sent_us"]]
            ratios.append((refused[0]["done_us"] - accepted[-1]["sent_us"]) / median)
    return sorted(ratios)


def main():
    pairs = int(os.environ.get("BENCH_PAIRS", "5"))
    env = dict(os.environ, TESTCONTAINERS_RYUK_DISABLED="true")
    with tempfile.TemporaryDirectory() as reports:
        names = contenders(env, reports)
        results = {name: [] for name in names}
        for name, command in names.items():
            run(command, env)  # warm-up: page cache and image layers, for everybody
        order = list(names)
        for i in range(pairs):
            order = order[1:] + order[:1]
            for name in order:
                results[name].append(run(names[name], env))
                print(f"  round {i + 1}/{pairs} {name:7} {results[name][-1][0]:.2f} s", file=sys.stderr)
        widths = exposure_widths(reports)
    report(results, widths, env)


def report(results, widths, env):
    peers = [n for n in results if n not in ("floor", "drill")]
    median = {n: [statistics.median(x) for x in zip(*r)] for n, r in results.items()}
    print("| | wall s (median, min-max) | CPU s | peak MiB of the harness | wall, drill's ratio to it (median of pairs) |")
    print("|---|---|---|---|---|")
    for name, runs in results.items():
        walls = [r[0] for r in runs]
        ratio = statistics.median(d[0] / r[0] for d, r in zip(results["drill"], runs))
        print(f"| {name} | {median[name][0]:.2f} ({min(walls):.2f}-{max(walls):.2f}) | {median[name][1]:.2f} | {median[name][2] / 1024:.1f} | {ratio:.2f} |")
    listing = []
    for _ in range(20):
        begin = time.monotonic()
        subprocess.run([os.environ["DRILL_BIN"], "list"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True, env=env)
        listing.append((time.monotonic() - begin) * 1000)
    p95 = widths[min(len(widths) - 1, int(len(widths) * 0.95))]
    floor = statistics.median(d[0] / f[0] for d, f in zip(results["drill"], results["floor"]))
    faster = all(d[0] < min(results[p][i][0] for p in peers) for i, d in enumerate(results["drill"]))
    goals = [
        ("wall at most 1.25 x the floor's", f"{floor:.2f}", floor <= 1.25),
        ("below the faster peer's in every pair", "yes" if faster else "no", faster),
        ("peak memory at most 40 MiB", f"{median['drill'][2] / 1024:.1f} MiB", median["drill"][2] <= 40 * 1024),
        ("`drill list` at most 20 ms", f"{statistics.median(listing):.1f} ms", statistics.median(listing) <= 20),
        ("width of the exposure interval, 95th percentile, at most 4 x the median login", f"{p95:.1f} x", p95 <= 4),
    ]
    print("\n| goal | measured | |\n|---|---|---|")
    for goal, measured, met in goals:
        print(f"| {goal} | {measured} | {'met' if met else 'NOT MET'} |")
    sys.exit(0 if all(met for _, _, met in goals) else 1)


main()
