"""Many customers: small connections due at once on a quiet night, each with a tenant and an app of its own.

`python -m benchmarks.customers [--database postgresql] [--connections 1000]` measures without the runner. One tenant
process answers for all customers; runs and checks are done by `manage.py qcluster` processes, one worker on SQLite,
one and then four on PostgreSQL. A seventh of the runs are full ones, as on any night.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import certifi
import requests

from benchmarks import children
from benchmarks.figures import VENDORS, Results, met, of
from benchmarks.figures import seconds as in_words
from benchmarks.figures import table as markdown
from benchmarks.stand import Stand

NAME = "customers"
SIZES = ("S",)  # the number of connections is what counts here
CONNECTIONS = 1000
A_MINUTE, MORE_WITH_FOUR = 100, 3
CHECK_WITHIN = 5.0  # seconds
WORKERS = {"sqlite": "1", "postgresql": "1 4"}

ROOT = Path(__file__).resolve().parent.parent
CHECK_EVERY = 3.0  # seconds
LOOK_EVERY = 0.05
LONGEST_NIGHT = 1800.0
TICKS = os.sysconf("SC_CLK_TCK")


def run(stand: Stand, connections: int = CONNECTIONS) -> dict[str, Any]:
    """Figures of a night by number of workers: `runs_per_minute`, `check_started_after` and what they cost."""
    with tempfile.TemporaryDirectory(prefix="customers-") as folder, tenant(Path(folder), connections) as facts:
        installation = stand.new_installation(SimpleNamespace(facts=facts))  # type: ignore[arg-type]  # facts are all
        command = ("-m", "benchmarks.customers", "--within", facts["file"], "--latency", str(stand.latency))
        child = installation.start(*command, "--workers", *WORKERS[stand.database].split())
        nights = children.measure(child, 3 * LONGEST_NIGHT).json()
    assert all(night["outcomes"] == {"succeeded": connections} for night in nights), nights
    return {"connections": connections, "nights": nights}


def table(results: Results) -> str:
    """Nights by database and number of workers; processor time in percent of one core."""
    heads = ("Database", "Workers", "Runs a minute", "Target", "", "From the first run on", "Times one worker")
    shares = ("workers", "tenant", "database")
    rows = []
    for result in of(results, NAME):
        nights = result["figures"]["nights"]
        alone = next(told["runs_per_minute_from_then"] for told in nights if told["workers"] == 1)
        for told in nights:
            target = A_MINUTE * (1 if told["workers"] == 1 else MORE_WITH_FOUR)
            waited, from_then = told["check_started_after"]["longest"], told["runs_per_minute_from_then"]
            rows.append(
                (
                    VENDORS[result["database"]],
                    told["workers"],
                    f"{told['runs_per_minute']:.0f}",
                    target,
                    met(holds=told["runs_per_minute"] >= target),
                    f"{from_then:.0f}",
                    f"{from_then / alone:.1f}",
                    in_words(waited),
                    in_words(CHECK_WITHIN),
                    met(holds=waited <= CHECK_WITHIN),
                    *(f"{100 * told['processors'][name]:.0f} %" for name in shares),
                )
            )
    heads += ("A check started within", "Target", "", *(f"Processor: {name}" for name in shares))
    return markdown(heads, rows)


def main() -> None:
    """Measure; or, `--within` an installation's environment, do the part that needs Django."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.customers", description=__doc__)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--database", choices=WORKERS, default="sqlite")
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--within", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        facts = json.loads(options.within.read_bytes())
        install()
        connect(facts["tenants"])
        print(json.dumps([night(facts, workers, options.latency) for workers in options.workers]))
    else:
        with Stand("S", options.database, options.latency, 0) as stand:
            print(json.dumps(run(stand, options.connections), indent=2))


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process of ours, in a session of its own, asked to stop at the end."""
    made = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, start_new_session=True
    )
    try:
        yield made
    finally:
        made.terminate()
        made.wait(120)


@contextmanager
def tenant(folder: Path, count: int) -> Iterator[dict[str, Any]]:
    """A process with that many small tenants, and one more for the checks; yields its facts."""
    from demo.tenant.datasets import build
    from demo.tenant.server import TenantServer
    from demo.tenant.snapshot import save

    drawn = TenantServer(folder)
    for number in range(count + 1):
        directory = drawn.add_tenant(noise=0.0)
        directory.add_app()
        build(directory, "tiny", number)
    save(drawn, folder / "state.pickle")
    drawn.close()
    with process("-m", "demo.tenant", "--state", str(folder), "--no-save") as running:
        told = folder / "tenant.json"
        wait_until(lambda: told.exists() or running.poll() is not None)
        facts = json.loads(told.read_bytes())
        bundle = folder / "bundle.pem"  # as long as in an installation, so that reading it takes as long
        bundle.write_bytes(Path(certifi.where()).read_bytes() + Path(facts["ca_file"]).read_bytes())
        facts |= {"ca_file": str(bundle), "file": str(folder / "facts.json"), "pid": running.pid}
        Path(facts["file"]).write_text(json.dumps(facts))
        yield facts


def control(facts: dict[str, Any], verb: str, **arguments: Any) -> None:
    """Tell the tenant process something, and see that it heard."""
    answer = requests.post(f"{facts['control_url']}/{verb}", json=arguments, verify=facts["ca_file"], timeout=60)
    answer.raise_for_status()


def install() -> None:
    """Ready Django, and write the schedules."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from directory_sync import schedules

    schedules.install()


def connect(tenants: list[dict[str, Any]]) -> None:
    """Open a connection to each tenant but the last, and do its first sync."""
    from directory_sync import connections, notify
    from directory_sync.models import Organization
    from directory_sync.sync import claim
    from directory_sync.sync.perform import perform

    for number, entry in enumerate(tenants[:-1]):
        new = connections.NewConnection(
            tenant_id=entry["tenant_id"],
            client_id=entry["client_id"],
            owner_name="Ada Admin",
            owner_email="ada@customer.example",
            name=f"Customer {number}",
        )
        owner = Organization.objects.create(name=f"Customer {number}")
        connections.open_connection(new, connections.draft_credential(entry["secret"]), [owner], by="benchmark")
    while run := claim.claim_next():
        notify.after_run(perform(run))


def night(facts: dict[str, Any], workers: int, latency: float) -> dict[str, Any]:
    """Make every connection due, and watch until the last run is over; checks are asked for meanwhile."""
    from django.utils import timezone

    from directory_sync.models import Connection, SyncRun

    control(facts, "set_latency", seconds=latency)
    sync = process("manage.py", "qcluster", Q_CLUSTER_NAME="sync", SYNC_WORKERS=str(workers))
    with sync, process("manage.py", "qcluster", Q_CLUSTER_NAME="now"):
        time.sleep(5)  # until the processes have started
        due_at, clock, spent = timezone.now(), time.monotonic(), processor_seconds(facts)
        Connection.objects.update(due_at=due_at, due_trigger=SyncRun.Trigger.SCHEDULE)
        tonight = SyncRun.objects.filter(created_at__gte=due_at)
        checks = Checks(facts["tenants"][-1])
        over = Connection.objects.count()
        wait_until(lambda: checks.look() or tonight.exclude(finished_at=None).count() == over, LONGEST_NIGHT)
        wall = time.monotonic() - clock
        shares = {name: (seconds - spent[name]) / wall for name, seconds in processor_seconds(facts).items()}
    control(facts, "set_latency", seconds=0)
    return result(list(tonight), due_at, wall, checks.waits) | {"workers": workers, "processors": _rounded(shares)}


class Checks:
    """Live checks of a customer's answers, queued as the intake's page does, and when a worker took each up."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.waits: list[float] = []
        self._entry = entry
        self._next = time.monotonic()
        self._waiting: dict[int, float] = {}

    def look(self) -> None:
        """Ask for the next check when its time has come, and note which have been started."""
        from onboarding.models import LiveCheck

        now = time.monotonic()
        if now >= self._next:
            self._next = now + CHECK_EVERY
            self._waiting[self._ask()] = time.monotonic()
        if self._waiting:
            queued = LiveCheck.objects.filter(pk__in=self._waiting, state=LiveCheck.State.QUEUED)
            for started in set(self._waiting) - set(queued.values_list("pk", flat=True)):
                self.waits.append(time.monotonic() - self._waiting.pop(started))

    def _ask(self) -> int:
        from directory_sync.connections import draft_credential
        from directory_sync.models import Organization
        from onboarding import checking, links
        from onboarding.models import LiveCheck

        LiveCheck.objects.update(tenant_id="")  # so that the tenant's checks of this hour are never used up
        owner = Organization.objects.get_or_create(name="Newcomer")[0]
        link, _ = links.create(owner, owner_name="Ida Admin", owner_email="ida@customer.example")
        link.draft = {name: self._entry[name] for name in ("tenant_id", "client_id")}
        link.draft_credential = draft_credential(self._entry["secret"])
        link.save()
        return checking.ask(link).pk


def result(runs: list[Any], due_at: Any, wall: float, waits: list[float]) -> dict[str, Any]:
    """What is told of a night; times in seconds."""
    took = [(run.finished_at - run.started_at).total_seconds() for run in runs]
    outcomes = sorted({run.state for run in runs})
    first, last = min(run.started_at for run in runs), max(run.finished_at for run in runs)
    return {
        "runs": len(runs),
        "full": sum(run.kind == "full" for run in runs),
        "outcomes": {state: sum(run.state == state for run in runs) for state in outcomes},
        "requests_per_run": round(statistics.mean(run.requests for run in runs), 2),
        "runs_per_minute": round(60 * len(runs) / (last - due_at).total_seconds(), 1),
        "first_started_after": round((first - due_at).total_seconds(), 1),  # the clock looks every half minute
        "runs_per_minute_from_then": round(60 * len(runs) / (last - first).total_seconds(), 1),
        "median_run": round(statistics.median(took), 3),
        "checks": len(waits),
        "check_started_after": _rounded({"median": statistics.median(waits), "longest": max(waits)}),
        "seconds": round(wall, 1),
    }


def processor_seconds(facts: dict[str, Any]) -> dict[str, float]:
    """Processor time so far of the tenant, our clusters and the database server, by name."""
    roots = {str(os.getpid()): "workers", str(facts["pid"]): "tenant"}
    port = os.environ["DATABASE_URL"].rpartition(":")[2].partition("/")[0]
    parents: dict[str, str] = {}
    own: dict[str, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, told = (folder / "cmdline").read_text(), (folder / "stat").read_text()
        except OSError:
            continue  # it has ended meanwhile
        fields = told.rpartition(")")[2].split()
        parents[folder.name] = fields[1]
        own[folder.name] = sum(map(int, fields[11:15])) / TICKS  # with that of children which have ended
        if "postgres\0-D" in command and f"-p\0{port}\0" in command:
            roots[folder.name] = "database"
    spent = dict.fromkeys(("tenant", "workers", "database"), 0.0)
    for pid, seconds in own.items():
        above = pid
        while above in parents and above not in roots:
            above = parents[above]
        if above in roots and pid != str(os.getpid()):
            spent[roots[above]] += seconds
    return spent


def wait_until(holds: Callable[[], Any], seconds: float = 120) -> None:
    """Look again and again until the condition is true."""
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(LOOK_EVERY)


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(number, 2) for name, number in numbers.items()}


if __name__ == "__main__":
    main()
