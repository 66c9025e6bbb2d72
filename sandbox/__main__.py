"""``python -m sandbox``: serve the stand-ins until told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from sandbox.server import Server


def main() -> int:
    """Serve; 0 after SIGTERM or Ctrl-C, 2 when the address cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins of the systems")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="every answer waits so long")
    options = parser.parse_args()
    try:
        server = Server(options.host, options.port, options.latency)
    except (OSError, OverflowError, ValueError) as error:
        print(f"sandbox cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2

    def stop(*_: object) -> None:
        server.control.stopping.set()
        # shutdown() waits for the loop below, so another thread has to call it.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"sandbox listening on {server.url}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
