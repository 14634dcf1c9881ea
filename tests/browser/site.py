"""An installation with its web: what a browser meets."""

import socket
import subprocess
import sys

import requests

from tests.processes.installation import ROOT, Installation, wait_until


class Site(Installation):
    """All the processes of an installation; the web, like in production, without the private key."""

    url = ""

    def start(self) -> None:
        """Start web and both clusters, and wait until the web answers."""
        self.url = f"http://localhost:{_free_port()}"
        self.env |= {"BASE_URL": self.url, "EMAIL_URL": f"filemail:///{self.folder}/mails"}
        for name in ("sync", "now"):
            self.start_cluster(name)
        self.start_web()
        wait_until(self._answers)

    def start_web(self) -> None:
        """Start gunicorn, several threads, as the README has it."""
        environment = {name: value for name, value in self.env.items() if name != "SEALING_PRIVATE_KEYS"}
        address = self.url.removeprefix("http://")
        options = ["--worker-class", "gthread", "--threads", "8", "--graceful-timeout", "5", "--no-control-socket"]
        with self.printed.open("a") as printed:
            web = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address, *options],
                cwd=ROOT,
                env=environment | {"DJANGO_SETTINGS_MODULE": "tests.browser.web_settings", "DEBUG": "false"},
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )
        self.clusters.append(web)  # stopped with them, in the same way

    def make_people(self, organization: str) -> None:
        """An organization, its editor, and staff."""
        self.manage("shell", "-v0", "-c", f"from tests.browser.people import make; make({organization!r})")

    def dump(self) -> str:
        """Every row of ours, as text; the queue's clock goes on by itself and is left out."""
        return self.manage("dumpdata", "auth", "directory_sync", "onboarding", "sessions").stdout

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/connect/", timeout=5).ok
        except requests.ConnectionError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
