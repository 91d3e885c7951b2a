"""Where a run's time went, from its events. Pure: events in, seconds out.

A drill has servers for its calm scenarios, and each scenario that disturbs one has servers of its own, one after the other. Each of
these stages has four phases that follow each other without a gap:
  start      until all its servers are ready (the last step that ends in `ready`)
  set-up     until the first credential is asked for on a scenario's behalf
  scenarios  until tear-down begins: bracket, trigger, probing, last probes, reading the audit log
  tear-down  until everything of it is removed
"""
import json
import statistics

PHASES = ("start", "set-up", "scenarios", "tear-down")
TORN_DOWN = "torn down"
READY = " ready"


class Unreadable(Exception):
    """The events are not those of a run as this page knows it."""


def events_of(path):
    """All events of an `events.jsonl`, without its head."""
    with open(path, encoding="utf-8") as file:
        next(file)
        return [json.loads(line) for line in file if line.strip()]


def is_step(event):
    """A step of a stage: what a sabotage or a scenario does later is none."""
    return event["event"] == "step" and event["state"] == "set-up" and event.get("drill")


def stages(events):
    """(drill, scenario) → its events. Scenario is empty for a drill's calm scenarios together."""
    own = {(e["drill"], e["scenario"]) for e in events if is_step(e) and e.get("scenario")}
    found = {}
    for event in events:
        drill, scenario = event.get("drill", ""), event.get("scenario", "")
        if drill:
            found.setdefault((drill, scenario if (drill, scenario) in own else ""), []).append(event)
    return {stage: of for stage, of in found.items() if any(map(is_step, of))}


def stage_phases(name, events):
    """Begin and phases of one stage, s. A phase that was not reached is None."""
    steps = [e for e in events if is_step(e)]
    torn = [e for e in steps if e["name"] == TORN_DOWN]
    ready = [e["at_us"] for e in steps if e["name"].endswith(READY)]
    first = [e["sent_us"] for e in events if e["event"] == "issued" and e.get("scenario")]
    if first and not ready:
        raise Unreadable(f"{name}: a credential was issued, but no step ends in `{READY.strip()}`")
    begin = min(e["from_us"] for e in steps)
    over = torn[0]["from_us"] if torn else max(e["at_us"] for e in events)
    end = torn[-1]["at_us"] if torn else None
    edges = [begin, max(ready, default=None), min(first, default=None), over if first else None, end if first else None]
    took = {phase: None if None in edges[i : i + 2] else (edges[i + 1] - edges[i]) / 1e6 for i, phase in enumerate(PHASES)}
    if any(t is not None and t < 0 for t in took.values()):
        raise Unreadable(f"{name}: the phases are not in order: {took}")
    return {"begins": begin / 1e6, **took, "total": ((end or over) - begin) / 1e6}


def drill_phases(events):
    """drill → all its stages in one (phases summed, `waits` is the time between stages), and the stages of their own where it has several."""
    drills = {}
    for (drill, scenario), of in stages(events).items():
        drills.setdefault(drill, {})[scenario] = stage_phases(f"{drill}/{scenario}".rstrip("/"), of)
    return {drill: summed(parts) for drill, parts in sorted(drills.items())}


def summed(parts):
    begins = min(p["begins"] for p in parts.values())
    total = max(p["begins"] + p["total"] for p in parts.values()) - begins
    # One stage follows the other: what is between them belongs to none.
    waits = max(0.0, total - sum(p["total"] for p in parts.values()))
    phase = {name: sum(p[name] for p in parts.values() if p[name] is not None) for name in PHASES}
    return {"begins": begins, **phase, "waits": waits, "total": total, "stages": dict(sorted(parts.items())) if len(parts) > 1 else {}}


def medians(several):
    """The median of each number of equal tables; of what some runs did not reach, of those that did."""
    keys = dict.fromkeys(key for one in several for key in one)
    result = {}
    for key in keys:
        values = [one[key] for one in several if one.get(key) is not None]
        if not values:
            result[key] = None
        elif isinstance(values[0], dict):
            result[key] = medians(values)
        else:
            result[key] = statistics.median(values)
    return result


def cell(value):
    return "–" if value is None else f"{value:.1f}"


def table(alone, together):
    """Markdown rows. Both: drill → drill_phases."""
    columns = ("begins", *PHASES, "waits", "total")
    rows = [f"| s | | {' | '.join(columns)} |", "|---|---|" + "---|" * len(columns)]
    for drill in dict.fromkeys([*alone, *together]):
        for how, of in (("alone", alone), ("together", together)):
            if drill not in of:
                continue
            rows.append(f"| **{drill}** | {how} | {' | '.join(cell(of[drill][c]) for c in columns)} |")
            for scenario, stage in of[drill]["stages"].items():
                words = f"`{scenario}`" if scenario else "calm scenarios"
                rows.append(f"| · {words} | {how} | {' | '.join(cell(stage.get(c)) for c in columns)} |")
    return rows
