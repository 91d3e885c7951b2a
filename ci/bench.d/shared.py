"""What the measurements share: one measured run, bounds and their table, the machine, the result files."""
import json
import math
import os
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# A process of its own for each run: the kernel counts what children used, all together, and only once they were waited for.
# A Ctrl-C reaches the contender too: it is waited for while it stops what it started. A SIGTERM is handed on to it.
MEASURED = """
import resource, signal, subprocess, sys, time
signal.signal(signal.SIGINT, lambda *_: None)
begin = time.monotonic()
contender = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
signal.signal(signal.SIGTERM, lambda *_: contender.terminate())
said = contender.communicate()[1]
wall = time.monotonic() - begin
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.buffer.write(said[-2000:])
print(contender.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


class Broken(Exception):
    """A contender did not do its job: there is nothing to compare."""


def measured(command, allowed=(0,)):
    """One run: exit code (and what it said, if that is not 0), wall s, CPU s (user and system, whole tree), peak MiB (largest process)."""
    process = subprocess.Popen([sys.executable, "-c", MEASURED, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, said = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    code, *numbers = out.split() or ["none"]
    if code not in map(str, allowed):
        raise Broken(f"{' '.join(command)} ended with {code}:\n{said}")
    run = {"code": int(code), **dict(zip(("wall_s", "cpu_s", "peak_mib"), map(float, numbers)))}
    return run if code == "0" else dict(run, said=said)


def percentile(values, share):
    """The nearest rank: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def bound(what, limit, value, met, text):
    return {"bound": what, "limit": limit, "measured": value, "met": met, "text": text}


def bounds_table(bounds):
    rows = ["| bound | limit | measured | |", "|---|---|---|---|"]
    return rows + [f"| {b['bound']} | {b['limit']} | {b['text']} | {'PASS' if b['met'] else 'MISS'} |" for b in bounds]


def machine(command):
    cpu = "unknown"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    version = [os.environ.get("DOCKER", "docker"), "version", "--format", "{{.Server.Version}}"]
    try:
        engine = subprocess.run(version, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        engine = ""
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "cpu": cpu, "engine": engine or "unknown", "date": time.strftime("%Y-%m-%d", time.gmtime()), "command": command}


def footer(where):
    return f"{where['cores']} cores ({where['cpu']}), engine {where['engine']}, {where['date']}; `{where['command']}`"


def write_results(out, name, text, found):
    """OUT/NAME.md and OUT/NAME.json."""
    with open(os.path.join(out, f"{name}.md"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(out, f"{name}.json"), "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
