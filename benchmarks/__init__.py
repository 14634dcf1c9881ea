"""Benchmarks: ratios measured in one run on one machine. Programs that print, never timed tests.

    python -m benchmarks [--sizes S,M] [--databases sqlite,postgresql] [--latency 0.05] [--only NAME,…] [--write]

A scenario is a module of this package with

    NAME = "first"                       # how --only and the results call it
    def run(stand: Stand) -> dict:       # figures: numbers, texts, lists and dicts of them
    SIZES = ("S", "M")                   # optional: sizes at which it runs without being named; default all
    NEEDS_DATABASE = False               # optional: runs once a size and not once a database

and a line in `scenarios.MODULES`. `run` gets a `stand.Stand` for one size, database and latency; everything in it
starts when it is first asked for, and ends with it:

    stand.size, stand.database, stand.latency, stand.quota
    stand.tenant                         # `tenant.Tenant`: a make-believe tenant of this size, a process of its own
        .facts                           #    tenant.json: urls, ca_file, tenant_id, client_id, secret
        .call(verb, **arguments)         #    one verb of demo.tenant.control
        .state()                         #    requests so far, cpu_seconds, peak_rss_mib
    stand.new_installation(tenant=None)  # `installation.Installation`: migrated, keys made, nothing connected
        .env                             #    READ_DOT_ENV, DATABASE_URL, VAR_DIR, keys, endpoints, CA
        .manage(*arguments, stdin="")    #    manage.py to its end; its standard output
        .json(*arguments, stdin="")      #    the object that `--json` prints
        .connect()                       #    add_connection with all 17 attributes; the UUID
        .start(command)                  #    a process of its own in this environment, for `children.measure`
        .query(sql, *values)             #    rows, over a connection of the benchmark's own
    stand.synced()                       # an installation whose first sync is over, made once for all scenarios
    children.measure(process, timeout)   # waits; wall and CPU seconds, peak RSS, output

`run` raises `AssertionError` when what was measured is not what was meant (wrong counts, a failed run): then nothing is
kept. The runner adds the machine and the tenant's share of the processors, and keeps one JSON file for each scenario,
size, database and latency in `artefacts/bench/`. `--write` puts tables and charts from these files between the markers
of `docs/performance.md`; a module may write its own, between markers with its NAME, by `def table(results) -> str`
(Markdown). It gets its own results, each a dict with `size`, `database`, `latency_ms` and what `run` returned.
"""
