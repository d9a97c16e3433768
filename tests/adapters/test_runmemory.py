import os
import time

from dspy_ci.adapters.runmemory import RunMemory


def test_what_was_kept_is_recalled_by_another_process(tmp_path):
    RunMemory(tmp_path / "runs").keep("key", "text")
    assert RunMemory(tmp_path / "runs").recall("key") == "text"
    assert RunMemory(tmp_path / "runs").recall("other") is None


def test_what_is_old_is_forgotten(tmp_path):
    memory = RunMemory(tmp_path)
    memory.keep("key", "text")
    os.utime(tmp_path / "key", (time.time() - 8 * 86400,) * 2)
    assert memory.recall("key") is None


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("")
    memory = RunMemory(tmp_path / "file" / "below")
    memory.keep("key", "text")
    memory.tidy()
    assert memory.recall("key") is None
