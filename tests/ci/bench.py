"""The parts of ci/bench that need no engine: what is made of events and verdicts, and that a load and a run end when they are told to."""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "ci", "bench.d")
sys.path.insert(0, BENCH)

import phases  # noqa: E402
import shared  # noqa: E402
import together  # noqa: E402
import verdicts  # noqa: E402

SECONDS_MAX = 20  # until something that was told to end has ended, on a busy machine


def step(drill, name, from_s, to_s, scenario=""):
    return {"event": "step", "state": "set-up", "drill": drill, "scenario": scenario, "name": name, "from_us": int(from_s * 1e6), "at_us": int(to_s * 1e6)}


def issued(drill, scenario, sent_s):
    return {"event": "issued", "state": "set-up", "drill": drill, "scenario": scenario, "sent_us": int(sent_s * 1e6), "at_us": int(sent_s * 1e6) + 9000}


def stage(drill, begin, scenario="", issues=("revoke",)):
    """1 s start, 2 s set-up, 4 s scenarios, 0.5 s tear-down."""
    return [
        step(drill, "openbao's container", begin, begin + 0.5, scenario),
        step(drill, "valkey ready", begin + 0.5, begin + 0.9, scenario),
        step(drill, "openbao ready", begin + 0.5, begin + 1.0, scenario),
        step(drill, "parents, inspector and seed data", begin + 1.0, begin + 2.9, scenario),
        *(issued(drill, s, begin + 3.0 + 0.1 * i) for i, s in enumerate(issues)),
        {"event": "state", "state": "done", "drill": drill, "scenario": issues[0], "at_us": int((begin + 6.9) * 1e6)},
        step(drill, "torn down", begin + 7.0, begin + 7.5, scenario),
    ]


def but(events, name):
    return [e for e in events if e.get("name") != name]


class Phases(unittest.TestCase):
    def close(self, found, **wanted):
        for key, value in wanted.items():
            self.assertAlmostEqual(found[key], value, places=6, msg=key)

    def test_a_drill_with_one_set_of_servers(self):
        drill = phases.drill_phases([{"event": "step", "state": "set-up", "name": "network", "from_us": 0, "at_us": 5}, *stage("a", 0.1, issues=("revoke", "expire"))])["a"]
        self.close(drill, begins=0.1, start=1.0, **{"set-up": 2.0, "tear-down": 0.5}, scenarios=4.0, waits=0.0, total=7.5)
        self.assertEqual(drill["stages"], {})

    def test_a_scenario_with_servers_of_its_own(self):
        drill = phases.drill_phases(stage("a", 1.0) + stage("a", 9.0, "sealed", ("sealed",)))["a"]
        self.close(drill, begins=1.0, start=2.0, **{"set-up": 4.0, "tear-down": 1.0}, scenarios=8.0, waits=0.5, total=15.5)
        self.assertEqual(list(drill["stages"]), ["", "sealed"])
        self.close(drill["stages"]["sealed"], begins=9.0, start=1.0, total=7.5)

    def test_drills_side_by_side_are_kept_apart(self):
        found = phases.drill_phases(stage("b", 0.0) + stage("a", 4.0))
        self.assertEqual(list(found), ["a", "b"])
        self.close(found["a"], begins=4.0, total=7.5)
        self.close(found["b"], begins=0.0, total=7.5)

    def test_a_server_that_comes_back_belongs_to_the_scenarios(self):
        again = dict(step("a", "valkey ready", 5.0, 6.0), state="settled", scenario="restart")
        self.close(phases.drill_phases(stage("a", 0.0) + [again])["a"], start=1.0, scenarios=4.0)

    def test_what_was_not_reached_is_no_number(self):
        failed = [e for e in stage("a", 0.0) if e["event"] == "step" and "ready" not in e["name"]]
        drill = phases.drill_phases(failed)["a"]
        self.close(drill, total=7.5, start=0)
        one = phases.stage_phases("a", failed)
        self.assertEqual([one[p] for p in phases.PHASES], [None] * 4)
        self.assertIn("–", phases.cell(one["start"]))
        not_torn_down = phases.stage_phases("a", but(stage("a", 0.0), "torn down"))
        self.assertIsNone(not_torn_down["tear-down"])
        self.close(not_torn_down, total=6.9, scenarios=3.9)

    def test_other_steps_than_known_are_said(self):
        with self.assertRaises(phases.Unreadable):
            phases.drill_phases(but(but(stage("a", 0.0), "valkey ready"), "openbao ready"))
        with self.assertRaises(phases.Unreadable):
            phases.drill_phases(stage("a", 0.0) + [step("a", "later ready", 3.0, 3.5)])

    def test_the_program_still_names_its_steps_so(self):
        text = "".join(file.read_text(encoding="utf-8") for file in pathlib.Path(ROOT, "src", "run").glob("*.rs"))
        for words in (f'"{phases.TORN_DOWN}"', '{product} ready"', '"openbao ready"', '"shared openbao ready"'):
            self.assertIn(words, text)

    def test_medians_and_table(self):
        three = [phases.drill_phases(stage("a", begin)) for begin in (1.0, 5.0, 2.0)]
        middle = phases.medians(three)
        self.close(middle["a"], begins=2.0, total=7.5)
        rows = phases.table(middle, {"a": three[1]["a"]})
        self.assertEqual(rows[2], "| **a** | alone | 2.0 | 1.0 | 2.0 | 4.0 | 0.5 | 0.0 | 7.5 |")
        self.assertEqual(rows[3], "| **a** | together | 5.0 | 1.0 | 2.0 | 4.0 | 0.5 | 0.0 | 7.5 |")


WANTED = {"a/revoke/x": "passed", "a/revoke/y": "passed", "a/sealed/z": "excepted"}


def run_with(**changed):
    return {**WANTED, **{{"x": "a/revoke/x", "y": "a/revoke/y", "z": "a/sealed/z"}[k]: v for k, v in changed.items()}}


def met(phase, runs):
    return [b["met"] for b in verdicts.bounds_of(phase, verdicts.compare(WANTED, runs), shared.bound)]


class Verdicts(unittest.TestCase):
    def test_expected_comes_from_the_exceptions_in_force(self):
        exceptions = [{"check": "a/sealed/z", "in_force": True}, {"check": "a/revoke/x", "in_force": False}, {"check": "other/s/c", "in_force": True}]
        self.assertEqual(verdicts.expected(WANTED, exceptions), WANTED)

    def test_outcomes_are_read_by_id(self):
        evidence = {"verdicts": [{"scenarios": [{"checks": [{"id": "a/revoke/x", "outcome": "failed"}]}]}]}
        self.assertEqual(verdicts.outcomes(evidence), {"a/revoke/x": "failed"})

    def test_quiet_every_verdict_is_as_expected(self):
        self.assertEqual(met("quiet", [WANTED, WANTED]), [True])
        for other in (run_with(x="failed"), run_with(x="inconclusive"), run_with(x="excepted"), run_with(z="passed"), None, {}, {**WANTED, "a/new/n": "passed"}):
            self.assertEqual(met("quiet", [WANTED, other]), [False], other)
        self.assertEqual(met("quiet", []), [False], "nothing was run")

    def test_a_check_that_always_fails_is_the_same_and_not_as_expected(self):
        self.assertEqual(met("quiet", [run_with(y="failed")] * 3), [False])

    def test_under_load_inconclusive_is_not_wrong(self):
        runs = [WANTED] * 49 + [run_with(x="inconclusive", y="inconclusive", z="inconclusive")]
        self.assertEqual(met("load", runs), [True, True], "2 % of 150")
        self.assertEqual(met("load", runs + [run_with(x="inconclusive")]), [True, False], "more than 2 %")

    def test_under_load_nothing_is_wrong(self):
        for other in (run_with(x="failed"), run_with(z="failed"), run_with(z="passed"), run_with(x="excepted")):
            self.assertEqual(met("load", [WANTED] * 200 + [other]), [False, True], other)

    def test_a_run_without_evidence_proved_nothing_and_a_hole_in_evidence_is_wrong(self):
        self.assertEqual(met("load", [WANTED] * 99 + [None]), [True, True])
        self.assertEqual(met("load", [WANTED] * 9 + [None]), [True, False])
        hole = {id: o for id, o in WANTED.items() if id != "a/revoke/y"}
        self.assertEqual(met("load", [WANTED] * 99 + [hole]), [False, True])
        self.assertEqual(met("load", []), [False, False], "nothing was run")

    def test_the_table_has_the_wrong_ones_first(self):
        compared = {
            "quiet": verdicts.compare(WANTED, [WANTED] * 2),
            "load": verdicts.compare(WANTED, [run_with(x="inconclusive"), run_with(x="inconclusive", z="passed")]),
        }
        rows = verdicts.table(WANTED, compared)
        self.assertEqual(rows[2], "| `a/sealed/z` | excepted | as expected | passed ×1 | **wrong** |")
        self.assertEqual(rows[3], "| `a/revoke/x` | passed | as expected | inconclusive ×2 |  |")
        self.assertEqual(len(rows), 4)
        self.assertEqual(verdicts.table(WANTED, {"quiet": compared["quiet"]}), ["Every check had the expected outcome in every run."])

    def test_a_run_in_words(self):
        self.assertEqual(verdicts.line(WANTED, WANTED), "2 passed, 1 excepted; as expected")
        self.assertIn("WRONG: a/sealed/z passed ×1", verdicts.line(WANTED, run_with(z="passed")))
        self.assertIn("differs: a/revoke/x inconclusive ×1", verdicts.line(WANTED, run_with(x="inconclusive")))
        self.assertEqual(verdicts.line(WANTED, None), "no evidence")


def measurement(wall, peak=50.0, code=0):
    return {"wall_s": wall, "peak_mib": peak, "code": code, "outcome": "passed"}


class Bounds(unittest.TestCase):
    def met(self, together_wall, **of):
        rounds = [{"alone": {"a": measurement(10.0), "b": measurement(20.0)}, "together": measurement(together_wall, **of)}]
        rounds.append({"alone": {"a": measurement(100.0), "b": measurement(20.0)}, "together": measurement(30.0)})
        return [b["met"] for b in together.bounds_of_rounds(rounds)]

    def test_the_wall_is_bounded_by_its_own_rounds_slowest(self):
        self.assertEqual(self.met(31.0), [True, True, True])
        self.assertEqual(self.met(31.1), [False, True, True])

    def test_memory_and_exit_codes(self):
        self.assertEqual(self.met(30.0, peak=96.1), [True, False, True])
        self.assertEqual(self.met(30.0, code=3), [True, True, False])


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def within(seconds, condition):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Ends(unittest.TestCase):
    def test_the_load_ends_with_its_starter(self):
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            starter = subprocess.Popen([sys.executable, "-B", os.path.join(BENCH, "load.py"), "2"], stdout=subprocess.PIPE, text=True)
            with starter.stdout:
                loops = [int(pid) for pid in starter.stdout.readline().split()]
            try:
                self.assertEqual(len(loops), 2)
                self.assertTrue(all(map(alive, loops)))
                starter.send_signal(sign)
                starter.wait(SECONDS_MAX)
                self.assertTrue(within(SECONDS_MAX, lambda: not any(map(alive, loops))), f"after {sign.name} the loops go on")
            finally:
                starter.kill()
                starter.wait()
                for pid in filter(alive, loops):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    def test_a_run_is_measured_with_what_it_said(self):
        run = shared.measured([sys.executable, "-c", "import sys; x = bytearray(60 << 20); sys.stderr.write('why'); sys.exit(3)"], (0, 3))
        self.assertEqual((run["code"], run["said"]), (3, "why"))
        self.assertGreater(run["peak_mib"], 60)
        with self.assertRaises(shared.Broken):
            shared.measured([sys.executable, "-c", "raise SystemExit(2)"], (0, 3))

    def test_who_interrupts_a_measurement_ends_the_run_in_its_own_time(self):
        contender = "import os, signal, sys; signal.signal(signal.SIGTERM, lambda *_: (open(sys.argv[1] + '/tidy', 'w').close(), sys.exit(130))); open(sys.argv[1] + '/up', 'w').close(); signal.pause()"
        outer = "import sys; sys.path.insert(0, sys.argv[1]); import load, shared; load.interruptible(); shared.measured([sys.executable, '-c', sys.argv[2], sys.argv[3]])"
        with tempfile.TemporaryDirectory() as work:
            process = subprocess.Popen([sys.executable, "-B", "-c", outer, BENCH, contender, work], stderr=subprocess.DEVNULL)
            try:
                self.assertTrue(within(SECONDS_MAX, lambda: os.path.exists(f"{work}/up")))
                process.send_signal(signal.SIGTERM)
                process.wait(SECONDS_MAX)
            finally:
                process.kill()
                process.wait()
            self.assertTrue(os.path.exists(f"{work}/tidy"), "it was not let end by itself")


if __name__ == "__main__":
    unittest.main()
