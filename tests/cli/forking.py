"""A process that has imported the command line and forks itself for each command: an operator's spends most of its
time on imports."""

import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from typing import NoReturn

from cli.main import main

_LONGEST = 64 * 1024


def serve(listener: socket.socket) -> None:
    """Run what is asked for over each connection until standard input ends, as it does with who started this."""
    # Nobody waits for the children: each says itself how it ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        asked, files, _, _ = socket.recv_fds(connection, _LONGEST, 3)
        if os.fork() == 0:
            _become(connection, json.loads(asked), files)
        for file in files:
            os.close(file)
        connection.close()


def _become(connection: socket.socket, asked: dict[str, object], files: list[int]) -> NoReturn:
    """In the child: what a process started by a shell is given, then its exit code to who asked."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.sendall(b"%d " % os.getpid())
    for place, file in enumerate(files):
        os.dup2(file, place)
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    os.chdir(os.environ["HOME"])
    code: object = 1
    try:
        main(asked["words"], prog_name="workspace")
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            sys.stderr.write(f"{code}\n")
            code = 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(b"%d\n" % (code or 0))
        os._exit(0)


if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(sys.argv[1])
        own.listen()
        serve(own)
    shutil.rmtree(os.path.dirname(sys.argv[1]))
