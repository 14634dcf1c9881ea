import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.installation import Installation


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, tenant_server) -> Installation:
    """An installation with keys and an empty database, to be copied."""
    made = Installation(tmp_path_factory.mktemp("installation"), tenant_server)
    made.prepare()
    return made


@pytest.fixture
def installation(tmp_path: Path, tenant_server, directory, prepared) -> Iterator[Installation]:
    """An installation of the test's own, with nothing connected."""
    shutil.copytree(prepared.folder, tmp_path, dirs_exist_ok=True)
    made = Installation(tmp_path, tenant_server)
    made.env = prepared.env | {"VAR_DIR": str(tmp_path)}
    yield made
    made.stop()
