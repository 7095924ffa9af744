"""The image and the compose file: linted, without root, without a preset password."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import yaml

from heimta.settings import NAMES, load

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("edge", "console", "worker")


def run(tool: str, *args: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which(tool, path=str(TOOLS))
    assert found, f"{tool} is missing; make dev installs it"
    return subprocess.run([found, *args], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_dockerfile_is_clean() -> None:
    done = run("hadolint", "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_would_tell(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM debian\nRUN cd /tmp && sudo apt-get install curl\n")
    assert run("hadolint", str(bad)).returncode == 1


def test_the_compose_file_keeps_to_the_specification() -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_does_not_run_as_root_and_checks_its_own_health() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["10001"]
    assert "HEALTHCHECK" in last and "curl" not in last


def test_every_base_image_is_named_with_a_version() -> None:
    for image in [
        *re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE),
        COMPOSE["services"]["valkey"]["image"],
    ]:
        assert re.search(r":[a-z]*\d", image), image


def test_what_the_image_needs_is_not_ignored() -> None:
    kept = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert set(copied) == set(kept)
    assert all((ROOT / name).exists() for name in copied)


def test_our_services_are_read_only_and_have_no_rights_to_spare() -> None:
    for name in OURS:
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_service_has_a_health_check_and_ours_wait_for_the_store() -> None:
    assert all("healthcheck" in service for service in COMPOSE["services"].values())
    for name in OURS:
        assert COMPOSE["services"][name]["depends_on"] == {"valkey": {"condition": "service_healthy"}}


def test_no_service_fills_the_disk_with_its_log() -> None:
    """Docker bounds none by itself, and the store's events lie on the same disk."""
    for service in COMPOSE["services"].values():
        assert service["logging"]["driver"] == "json-file"
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_nothing_is_open_to_the_world_and_no_password_is_preset() -> None:
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        for name, value in service.get("environment", {}).items():
            assert not re.search("SECRET|PASSWORD|KEY", name), name
            assert not re.search(r"//[^/]*:[^/]*@", str(value)), name


def test_the_console_believes_the_proxy_and_nobody_else() -> None:
    told = COMPOSE["services"]["console"]["environment"]
    assert told["HEIMTA_REDIS_URL"] == COMPOSE["services"]["edge"]["environment"]["HEIMTA_REDIS_URL"]
    default = told["FORWARDED_ALLOW_IPS"].removeprefix("${FORWARDED_ALLOW_IPS:-").removesuffix("}")
    assert all(ip_network(one).is_private for one in default.split(","))


# What a container has from elsewhere, or has no use for: where it listens, its store, the demo's, tests'.
NOT_PASSED = (
    "DATA",
    "HOST",
    "_PORT",
    "SHOP_URL",
    "WEBHOOK_SECRET",
    "PUSH_CONNECT_TO",
    "APPENDFSYNC",
    "MEMORY_MB",
)


def test_every_setting_that_an_operator_needs_is_passed_on() -> None:
    """Else it is set, looks right, and counts for nothing; the number of partitions for ever."""
    passed = COMPOSE["x-heimta"]["environment"]
    assert set(passed) == {name for name in NAMES if not name.endswith(NOT_PASSED)}
    told = {name: value for name, value in passed.items() if name != "HEIMTA_REDIS_URL"}
    assert all(value.startswith(f"${{{name}:") for name, value in told.items())
    load({name: "" for name in told})  # left out, it has its default
    assert "${HEIMTA_APPENDFSYNC:-everysec}" in COMPOSE["services"]["valkey"]["command"]
    assert "${HEIMTA_MEMORY_MB:-0}m" in COMPOSE["services"]["valkey"]["command"]


def test_the_store_writes_every_event_down_and_keeps_it() -> None:
    command = COMPOSE["services"]["valkey"]["command"]
    pairs = dict(zip(command[1::2], command[2::2], strict=True))
    assert pairs["--appendonly"] == "yes"
    assert pairs["--maxmemory-policy"] == "noeviction"
    assert COMPOSE["services"]["valkey"]["volumes"] == ["store:/data"]
    assert COMPOSE["networks"]["store"] == {"internal": True}
