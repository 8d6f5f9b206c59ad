import os
import pathlib
import secrets
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from programs import POSTGRES, psql  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With CI set nothing is left out: what cannot be checked has failed."""
    report = (yield).get_result()
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"


@pytest.fixture
def database():
    """The address of an empty database, which goes again."""
    name = f"motcua_start_{secrets.token_hex(4)}"
    psql(f"create database {name}")
    yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
    psql(f"drop database {name} with (force)")
