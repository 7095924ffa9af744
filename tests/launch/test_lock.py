"""One run a data folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from heimta.launch.lock import LaunchError, data_folder
from tests.launch.processes import first_line, kill, python

HOLD = """
from pathlib import Path
from heimta.launch.lock import data_folder
with data_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_on_the_same_folder_is_told_who_has_it(data: Path) -> None:
    holder = python(HOLD, data, stdin=subprocess.PIPE)
    assert first_line(holder) == "held"
    with (
        pytest.raises(LaunchError, match=rf"another Heimta \(process {holder.pid}\).*HEIMTA_DATA"),
        data_folder(data),
    ):
        pass
    kill(holder)
    with data_folder(data) as folder:
        assert folder == data


def test_a_folder_that_cannot_be_made_is_named_with_a_way_out(data: Path) -> None:
    (data / "file").write_text("")
    with (
        pytest.raises(LaunchError, match=r"cannot write to .*file/heimta .*HEIMTA_DATA"),
        data_folder(data / "file/heimta"),
    ):
        pass


def test_the_lock_is_not_inherited_by_children(data: Path) -> None:
    with data_folder(data):
        child = subprocess.Popen(["sleep", "60"])
    try:
        with data_folder(data):
            assert (data / "lock").read_text().strip() == str(os.getpid())
    finally:
        child.kill()
        child.wait()
