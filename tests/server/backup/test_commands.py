"""The four commands as a person runs them, on the embedded database."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli import main


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with the demonstration."""
    data = tmp_path_factory.mktemp("installation")
    assert run(data, "demo").exit_code == 0
    return data


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"YANSHOU_DATA": str(data), "YANSHOU_SECRET_KEY": ""})


@pytest.mark.parametrize("command", [["backup", "there"], ["verify"], ["renditions"]], ids=lambda one: one[0])
def test_a_command_without_its_settings_makes_no_empty_database(tmp_path: Path, command: list[str]):
    """A timer without EnvironmentFile= would back up nothing, hour after hour, and call it whole."""
    data, place = tmp_path / "nothing here", [str(tmp_path / one) for one in command[1:]]

    refused = run(data, command[0], *place)

    assert refused.exit_code == 1
    assert "YANSHOU_DATA" in refused.stderr and "Traceback" not in refused.output
    assert not data.exists() and not any(Path(one).exists() for one in place)


def test_a_database_without_tables_is_refused_too(tmp_path: Path):
    """As an earlier release left it behind there."""
    (tmp_path / "yanshou.sqlite").touch()

    assert "holds no data of this program" in run(tmp_path, "backup", str(tmp_path / "there")).stderr


def test_backup_restore_verify(demo: Path, tmp_path: Path):
    """The demonstration on another machine."""
    saved = run(demo, "backup", str(tmp_path / "backup"), "--check", "all")
    assert saved.exit_code == 0, saved.output
    assert "warning: " in saved.stderr and "same disk" in saved.stderr
    restored = run(tmp_path / "new", "restore", str(tmp_path / "backup"))
    assert restored.exit_code == 0, restored.output
    assert "put secret.key" in restored.stderr
    verified = run(tmp_path / "new", "verify", "--json")
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout)["findings"] == []
    assert run(tmp_path / "new", "restore", str(tmp_path / "backup")).exit_code == 1
    assert "pictures made" in run(tmp_path / "new", "renditions").stdout

    photo = next((tmp_path / "new" / "photos").glob("??/*"))
    photo.chmod(0o600)
    photo.write_bytes(b"rotten")
    broken = run(tmp_path / "new", "verify")
    assert broken.exit_code == 1
    assert f"photo.damaged {photo.name}" in broken.stderr
