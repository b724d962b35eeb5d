"""Two runs of the local stack stay out of each other's folder."""

from pathlib import Path

import pytest

from infra.local.lock import InUseError, exclusive


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with exclusive(tmp_path / "run"), pytest.raises(InUseError), exclusive(tmp_path / "run"):
        pass


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "run"):
            pass
