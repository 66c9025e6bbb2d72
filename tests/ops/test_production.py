"""What production is made of: settings, image and Compose file fit each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.processes import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "hemdsr"}


GIVEN = {
    "HEMDSR_BASE_URL": "https://dsr.example.se",
    "HEMDSR_EMAIL_FROM": "Example <dsr@example.se>",
    "HEMDSR_EMAIL_BOUNCES_TO": "",
}
"""What who starts it must say, or may leave out."""


def production_environment(folder: Path, **changes: str) -> dict[str, str]:
    """The environment of the Compose file's web service, its secrets made by the script and put where they can be read."""
    (folder / "script").mkdir()
    script = folder / "script" / "make-secrets"
    script.write_text((ROOT / "script" / "make-secrets").read_text())
    mail_server = {"HEMDSR_EMAIL_URL": "smtp+starttls://hemdsr:p%40ss@mail.example.se"}
    subprocess.run(["sh", script], check=True, capture_output=True, env={**os.environ, **mail_server})
    environment = {"PATH": os.environ["PATH"], "HEMDSR_VAR": str(folder / "var")}
    for name, value in OURS["web"]["environment"].items():
        environment[name] = GIVEN.get(name, value.replace("/run/secrets/", f"{folder}/secrets/"))
    return {name: value for name, value in {**environment, **changes}.items() if value}


def manage(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_it_passes_djangos_deployment_checks(tmp_path: Path) -> None:
    done = manage(production_environment(tmp_path), "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"HEMDSR_AUDIT_KEY_FILE": ""}, "HEMDSR_AUDIT_KEY (or HEMDSR_AUDIT_KEY_FILE) must be set"),
        ({"HEMDSR_MASTER_KEYS_FILE": "/no/such/file"}, "HEMDSR_MASTER_KEYS_FILE cannot be read"),
        ({"DATABASE_URL_FILE": ""}, "DATABASE_URL (or DATABASE_URL_FILE) must be set"),
        ({"HEMDSR_EMAIL_URL_FILE": ""}, "HEMDSR_EMAIL_URL (or HEMDSR_EMAIL_URL_FILE) must be set"),
        ({"HEMDSR_EMAIL_URL_FILE": "", "HEMDSR_EMAIL_URL": "mail.example.se"}, "HEMDSR_EMAIL_URL must be smtps://"),
        ({"HEMDSR_EMAIL_FROM": ""}, "HEMDSR_EMAIL_FROM (or HEMDSR_EMAIL_FROM_FILE) must be set"),
        ({"HEMDSR_EMAIL_FROM": "nobody"}, "HEMDSR_EMAIL_FROM must be a mail address"),
        ({"HEMDSR_BASE_URL": ""}, "HEMDSR_BASE_URL (or HEMDSR_BASE_URL_FILE) must be set"),
        ({"HEMDSR_PRODUCTION": "maybe"}, "HEMDSR_PRODUCTION must be one of"),
    ],
)
def test_it_names_the_variable_that_is_missing_or_wrong(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    command = [sys.executable, "-c", "import hemdsr.settings"]  # where every command begins
    environment = production_environment(tmp_path, **changes)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert message in done.stderr


@pytest.mark.slow
def test_nobody_demonstrates_in_production(tmp_path: Path) -> None:
    done = manage(production_environment(tmp_path, HEMDSR_DEMO="1"), "check", "--deploy")
    assert done.returncode != 0
    assert "HEMDSR_DEMO is on" in done.stderr


@pytest.mark.slow
def test_it_does_not_run_everything_in_one_place_in_production(tmp_path: Path) -> None:
    done = manage(production_environment(tmp_path), "up")
    assert done.returncode == 1
    assert "HEMDSR_PRODUCTION is set" in done.stderr


@pytest.mark.slow
def test_mail_as_files_is_an_error_where_it_is_deployed(tmp_path: Path) -> None:
    environment = production_environment(tmp_path, HEMDSR_PRODUCTION="", HEMDSR_EMAIL_URL_FILE="")
    done = manage(environment, "check", "--deploy")
    assert done.returncode != 0
    assert "hemdsr.E004" in done.stderr


def test_the_compose_file_follows_its_specification() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*checker, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_compose_file_sets_only_variables_that_are_read() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "hemdsr" / "settings.py").read_text()))
    assert len(read) > 10
    for name, service in OURS.items():
        assert {variable.removesuffix("_FILE") for variable in service["environment"]} <= read, name


def test_every_secret_of_the_compose_file_is_made_and_handed_to_who_reads_it(tmp_path: Path) -> None:
    production_environment(tmp_path)
    made = {path.name: path for path in (tmp_path / "secrets").iterdir()}
    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} == set(made) == set(COMPOSE["secrets"])
    assert all(path.read_text() for path in made.values())
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    for name, service in COMPOSE["services"].items():
        paths = [str(value) for value in service.get("environment", {}).values()]
        read = {path.removeprefix("/run/secrets/") for path in paths if path.startswith("/run/secrets/")}
        assert read == set(service.get("secrets", [])), name


def test_making_secrets_again_changes_nothing(tmp_path: Path) -> None:
    production_environment(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", tmp_path / "script" / "make-secrets"], check=True)
    assert {path: path.read_bytes() for path in (tmp_path / "secrets").iterdir()} == before


def test_every_queue_has_a_worker_and_there_is_one_beat() -> None:
    commands = {name: service["command"] for name, service in OURS.items() if "celery" in service.get("command", [])}
    queues = [command[command.index("-Q") + 1] for command in commands.values() if "-Q" in command]
    assert sorted(queues) == ["collect", "default", "documents"]
    assert [name for name, command in commands.items() if "beat" in command] == ["beat"]


def test_our_containers_can_write_nowhere_but_their_data_and_have_no_rights_to_spare() -> None:
    assert set(OURS) == {"migrate", "web", "worker-collect", "worker-documents", "worker-default", "beat"}
    for name, service in OURS.items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["volumes"] == ["data:/data"] and service["tmpfs"] == ["/tmp"], name
        assert name == "migrate" or ("healthcheck" in service and service["restart"] == "unless-stopped"), name
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert [port for service in COMPOSE["services"].values() for port in service.get("ports", [])] == [
        "127.0.0.1:8000:8000"
    ]


def test_the_image_runs_as_nobody_in_particular_and_leaves_the_sandbox_out() -> None:
    assert DOCKERFILE.rindex("USER hemdsr") > DOCKERFILE.rindex("RUN ")
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in kept and not any(line.startswith(("!sandbox", "!tests", "!secrets", "!var")) for line in kept)
    copied = [line.removeprefix("!") for line in kept if line.startswith("!")]
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_image_has_the_packages_that_setup_installs() -> None:
    setup = (ROOT / "script" / "setup").read_text().split('[ -n "$dev" ] || return 0')[0]
    wanted = re.findall(r"^    (?:library|font) \S+ (\S+)$", setup, re.MULTILINE)
    assert len(wanted) == 5
    assert [package for package in wanted if package not in DOCKERFILE] == []


def test_the_images_pg_dump_is_not_older_than_the_server() -> None:
    client = re.search(r"postgresql-client-(\d+)", DOCKERFILE)
    server = re.match(r"postgres:(\d+)", COMPOSE["services"]["database"]["image"])
    assert client and server
    assert int(client.group(1)) >= int(server.group(1))
