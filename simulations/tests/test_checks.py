"""System checks refuse settings that would fail later."""

import pytest

from simulations import checks


def ids(found) -> set[str]:
    return {message.id for message in found}


def test_several_workers_need_redis_and_postgresql(monkeypatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert ids(checks.check_workers_can_speak(None)) == {"simulations.E001", "simulations.E002"}


@pytest.mark.parametrize("workers", ["1", "", "auto"])
def test_one_worker_needs_neither(workers: str, monkeypatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    assert checks.check_workers_can_speak(None) == []


def test_several_workers_with_both_are_fine(monkeypatch, settings) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert checks.check_workers_can_speak(None) == []


def test_data_dir_must_be_writable(settings, tmp_path) -> None:
    assert checks.check_data_dir(None) == []
    settings.DATA_DIR = tmp_path / "nowhere"
    assert ids(checks.check_data_dir(None)) == {"simulations.E003"}


def test_hashed_files_must_be_collected(settings, tmp_path) -> None:
    settings.STATIC_ROOT = tmp_path
    assert checks.check_hashed_files_are_collected(None) == []
    settings.STATIC_HASHED = True
    assert ids(checks.check_hashed_files_are_collected(None)) == {"simulations.W001"}
    (tmp_path / "staticfiles.json").touch()
    assert checks.check_hashed_files_are_collected(None) == []


def test_a_site_for_others_wants_https(settings) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    assert checks.check_others_come_by_https(None) == []
    settings.ALLOWED_HOSTS = ["payments.example"]
    assert ids(checks.check_others_come_by_https(None)) == {"simulations.W002"}
    settings.HTTPS = True
    assert checks.check_others_come_by_https(None) == []
