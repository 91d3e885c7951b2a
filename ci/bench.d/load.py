"""A load on every core: busy loops that end with whoever started them, however that ends."""
import contextlib
import os
import signal
import subprocess
import sys

# In the shell, so that it is one process a loop. It looks whether its starter is still there: nobody can catch a SIGKILL.
LOOP = 'while kill -0 "$1" 2>/dev/null; do i=0; while [ "$i" -lt 20000 ]; do i=$((i + 1)); done; done'


class NoLoad(Exception):
    """The loops were not there all the time: what was measured was not measured beside them."""


@contextlib.contextmanager
def busy(loops):
    """`loops` busy loops of the usual priority, in process groups of their own: a Ctrl-C reaches them through their starter."""
    started = []
    try:
        for _ in range(loops):
            command = ["nice", "-n", "0", "sh", "-c", LOOP, "busy", str(os.getpid())]
            started.append(subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL))
        yield [loop.pid for loop in started]
        ended = [loop.pid for loop in started if loop.poll() is not None]
        if ended:
            raise NoLoad(f"{len(ended)} of {loops} busy loops ended before the runs did")
    finally:
        for loop in started:
            loop.kill()
        for loop in started:
            loop.wait()


def interruptible():
    """A SIGTERM unwinds like a Ctrl-C."""

    def stop(*_):
        raise KeyboardInterrupt

    # A job in the background of a script has SIGINT ignored, and Python leaves it so.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


if __name__ == "__main__":  # for its test: loops until it is ended
    interruptible()
    with contextlib.suppress(KeyboardInterrupt), busy(int(sys.argv[1])) as pids:
        print(*pids, flush=True)
        while True:
            signal.pause()
