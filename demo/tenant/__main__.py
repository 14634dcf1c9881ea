"""Run a make-believe tenant as a process: `python -m demo.tenant --state DIR --dataset demo`."""

import argparse
import gc
import signal
import threading
import time
from pathlib import Path

from demo.tenant.datasets import SIZES, build
from demo.tenant.login import CLOUDS
from demo.tenant.server import TenantServer
from demo.tenant.snapshot import load, save, write_facts
from demo.tenant.store import KINDS

POLL = 0.5  # seconds between looks at whether something changed
REST = 20  # a large tenant takes long to save: at most a twentieth of the time goes into that


def main() -> None:
    """Serve until SIGTERM or SIGINT; state is saved soon after each change and at the end."""
    options = _options()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    state = Path(options.state).resolve()
    state.mkdir(parents=True, exist_ok=True)
    with TenantServer(
        state, login_port=options.login_port, graph_port=options.graph_port, cloud=options.cloud
    ) as server:
        _populate(server, state, options)
        server.latency, server.prerender = options.latency, options.prerender
        write_facts(server, state / "tenant.json")
        pause = POLL
        while not stopping.wait(pause):
            if server.changed.is_set():
                pause = max(POLL, REST * _keep(server, state, whole=options.save))
        _keep(server, state, whole=options.save)


def _populate(server: TenantServer, state: Path, options: argparse.Namespace) -> None:
    """Tenants as they were saved, or a new one."""
    gc.disable()  # it would walk through millions of objects that are here to stay
    saved = load(state / "state.pickle")
    for directory in saved:
        server.adopt(directory)
    if not saved:
        directory = server.add_tenant(options.tenant_id, seed=options.seed, noise=options.noise)
        directory.add_app()
        build(directory, options.dataset, options.seed)
        if options.save:
            save(server, state / "state.pickle")
    for directory in server.tenants.values():
        if options.quota is not None:
            directory.set_quota(options.quota)
        for kind in KINDS:
            directory.ordered(kind)
    gc.freeze()
    gc.enable()


def _keep(server: TenantServer, state: Path, *, whole: bool) -> float:
    """Save what changes, and tell how many seconds that took."""
    start = time.monotonic()
    server.changed.clear()
    if whole:
        save(server, state / "state.pickle")
    write_facts(server, state / "tenant.json")
    return time.monotonic() - start


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.tenant", description=__doc__)
    parser.add_argument("--state", required=True, help="folder for certificates, tenant.json and the saved state")
    parser.add_argument("--login-port", type=int, default=0)
    parser.add_argument("--graph-port", type=int, default=0)
    parser.add_argument("--dataset", choices=["demo", *SIZES], default="demo")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise", type=float, default=0.3, help="how often answers repeat themselves, 0 to 1")
    parser.add_argument("--cloud", choices=sorted(CLOUDS), default="global")
    parser.add_argument("--tenant-id", default=None)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each HTTP request waits")
    parser.add_argument("--quota", type=int, help="resource units in 10 seconds, 0 for no limit")
    parser.add_argument("--prerender", action="store_true", help="write initial delta rounds whole on first use")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, help="write the state down (not for L)")
    options = parser.parse_args()
    if options.save is None:
        options.save = options.dataset != "L"
    return options


if __name__ == "__main__":
    main()
