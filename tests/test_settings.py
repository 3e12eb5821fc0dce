"""Settings come from the environment and fail loudly; production settings are clean."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

SERVED = {
    "DATABASE_URL": "postgres://warroom@db.example.org/warroom",
    "DJANGO_SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz!",
    "DJANGO_ALLOWED_HOSTS": "warroom.example.org",
    "WARROOM_PUBLIC_URL": "https://warroom.example.org",
    "REDIS_URL": "redis://broker.example.org:6379/0",
}


def manage(*arguments, tmp_path, **environment):
    return subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", *arguments],
        env={"PATH": os.environ["PATH"], "WARROOM_VAR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("missing", ["DJANGO_SECRET_KEY", "DJANGO_ALLOWED_HOSTS"])
def test_a_served_start_without_a_needed_setting_names_it(missing, tmp_path):
    environment = {key: value for key, value in SERVED.items() if key != missing}
    answer = manage("check", tmp_path=tmp_path, **environment)
    assert answer.returncode != 0
    assert f"{missing} is not set" in answer.stderr


def test_a_public_address_that_is_none_is_refused(tmp_path):
    answer = manage("check", tmp_path=tmp_path, WARROOM_PUBLIC_URL="warroom")
    assert answer.returncode != 0
    assert "WARROOM_PUBLIC_URL is 'warroom'" in answer.stderr


def test_production_settings_pass_the_deployment_check(tmp_path):
    answer = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **SERVED)
    assert (answer.returncode, "no issues" in answer.stdout + answer.stderr) == (0, True), (
        answer.stderr
    )


def test_the_demo_does_not_start_beside_public_hosts(tmp_path):
    answer = manage("check", tmp_path=tmp_path, **SERVED, WARROOM_DEMO="1")
    assert answer.returncode != 0
    assert "warroom.E001" in answer.stderr
    assert "HINT" in answer.stderr


def test_the_generated_key_is_made_once_and_is_its_owners_alone(tmp_path):
    for _ in range(2):
        assert manage("check", tmp_path=tmp_path).returncode == 0
        key = (tmp_path / "secret-key").read_text()
    assert manage("check", tmp_path=tmp_path).returncode == 0
    assert (tmp_path / "secret-key").read_text() == key
    assert len(key) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_every_answer_carries_the_headers_of_a_strict_site(client):
    answer = client.get("/healthz")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_spoofed_host_gets_a_plain_refusal(client):
    """Scenario 66 (the host part)."""
    answer = client.get("/", headers={"host": "evil.example.org"})
    assert answer.status_code == 400
    assert b"evil.example.org" not in answer.content
