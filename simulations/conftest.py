"""The cast of every test: an owner, a teammate with whom things are shared, a stranger, and staff."""

import sys

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory) -> None:
    """Keep SQLite's test database in a file: in memory, stepping threads would lock each other out."""
    settings = connections["default"].settings_dict
    if settings["ENGINE"].endswith("sqlite3"):
        settings["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def live_runs_end_with_the_test():
    """Let go of the live runs and threads a test has started."""
    yield
    if module := sys.modules.get("simulations.runs.sweeping"):
        module.shut_down()
    if module := sys.modules.get("simulations.runs.registry"):
        module.registry.shut_down(store=False)


@pytest.fixture(autouse=True)
def data_dir(tmp_path, settings):
    """Give each test a DATA_DIR of its own."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    settings.MEDIA_ROOT = settings.DATA_DIR / "uploads"
    return settings.DATA_DIR


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """A hash that takes its time is for real passwords."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


PASSWORD = "correct horse battery"


def _person(name: str, staff: bool = False) -> User:
    return User.objects.create_user(name, password=PASSWORD, is_staff=staff, is_superuser=staff)


@pytest.fixture
def owner(db) -> User:
    return _person("owner")


@pytest.fixture
def teammate(db) -> User:
    """Signed in; sees what is shared."""
    return _person("teammate")


@pytest.fixture
def stranger(db) -> User:
    """Signed in; nothing is shared with anyone in the tests that use this name."""
    return _person("stranger")


@pytest.fixture
def staff(db) -> User:
    return _person("staff", staff=True)


@pytest.fixture
def as_person():
    """Return a function that gives a client signed in as a person."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in
