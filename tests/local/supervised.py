"""A small world for the supervisor's tests: `python -m tests.local.supervised FOLDER [NAME...]`.

Each name is a service that writes its process number to FOLDER/NAME.pid and says so; `forking` also leaves a child
that holds its output; `failing` ends at once; `stubborn` ignores the polite signal.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from nagara.local.log_lines import LogLines
from nagara.local.processes import Service, StartFailed, Supervisor

SCRIPTS = {
    "forking": """
import os, signal, sys
from pathlib import Path
child = os.fork()
Path(sys.argv[1] + (".child" if child == 0 else ".pid")).write_text(str(os.getpid()))
print("here", os.getpid(), flush=True)
signal.pause()
""",
    "failing": "print('no such thing: teapot', flush=True); raise SystemExit(3)",
    "stubborn": """
import os, signal, sys
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1] + ".pid").write_text(str(os.getpid()))
while True: signal.pause()
""",
}
PLAIN = """
import os, signal, sys
from pathlib import Path
Path(sys.argv[1] + ".pid").write_text(str(os.getpid()))
print("here", os.getpid(), flush=True)
signal.pause()
"""


def service(folder: Path, name: str) -> Service:
    """One service of the small world; ready once it has written its number."""
    return Service(
        name=name,
        command=[sys.executable, "-c", SCRIPTS.get(name, PLAIN), str(folder / name)],
        ready=(folder / f"{name}.pid").exists,
        stop_signal=signal.SIGTERM,
        stop_within=1.0,
    )


async def main(folder: Path, names: list[str]) -> None:
    supervisor = Supervisor(LogLines())

    async def start() -> None:
        for name in names:
            await supervisor.start(service(folder, name))
        supervisor.log.raw("ready")

    await supervisor.run_until_stopped(start)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
    except StartFailed as problem:
        sys.exit(str(problem))
