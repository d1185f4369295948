"""Files are whole at any time; cli/test_faults.py kills the processes that write them."""

import os
import pathlib
import sys

import pytest

from scratchmlp.utils import atomic_write
from scratchmlp.utils.atomic_write import write_atomically

needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="there are no locks")
HEX = "0123456789abcdef" * 2


def write_text(path, text):
    write_atomically(path, lambda new: new.write_text(text))


def refuse(*_):
    """Do what the system does for a user without permission; tests may run as root."""
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("name", ["a", "a.csv", "a.b.csv.gz", ".a", "[a]*.csv", 250 * "a" + ".csv"])
def test_the_temporary_file_is_hidden_and_has_the_suffix_of_the_file(name, tmp_path):
    path, written = tmp_path / name, []
    path.write_text("old")

    def save(new):
        written.append(new.name)
        assert path.read_text() == "old"
        new.write_text("new")

    write_atomically(path, save)
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == [name]
    assert written[0].startswith(".")
    assert written[0].endswith(f".part{path.suffix}")


def test_a_write_that_fails_leaves_the_existing_file(tmp_path):
    path = tmp_path / "a"
    write_text(path, "old")

    def fail(new):
        new.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for name in ("folder", "file"):
        with pytest.raises(FileNotFoundError) as error:
            write_text(tmp_path / name / "a.model", "new")
        folder = (tmp_path / name).resolve()
        assert error.value.strerror == f"there is no folder {folder}. Create it first."
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_listed_is_enough(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr_in(atomic_write, os, listdir=refuse)
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    assert os.listdir(tmp_path) == ["a"]


@needs_locks
def test_only_temporary_files_of_the_same_file_without_a_writer_are_removed(tmp_path):
    (tmp_path / f".a.{HEX}.part.csv").touch()
    others = [".a.notes.part.csv", f".a.{HEX}.part", f".b.{HEX}.part.csv", f"a.{HEX}.part.csv"]
    for name in others:
        (tmp_path / name).touch()
    write_text(tmp_path / "a.csv", "new")
    assert sorted(os.listdir(tmp_path)) == sorted(["a.csv", *others])


@needs_locks
def test_another_writer_removes_no_temporary_file_that_is_locked(tmp_path, monkeypatch):
    from scratchmlp.utils.atomic_write import fcntl

    lock, removed = fcntl.flock, []

    def remove_first(file, operation):
        if not removed:  # as another writer does that finds the file without a lock
            removed.append(file.name)
            pathlib.Path(file.name).unlink()
        lock(file, operation)

    def save(new):
        write_text(path, "other")
        assert new.exists()
        new.write_text("whole")

    path = tmp_path / "a"
    monkeypatch.setattr_in(atomic_write, fcntl, flock=remove_first)
    write_atomically(path, save)
    assert removed
    assert path.read_text() == "whole"
    assert os.listdir(tmp_path) == ["a"]


@needs_locks
def test_a_file_system_without_locks_is_enough(tmp_path, monkeypatch):
    from scratchmlp.utils.atomic_write import fcntl

    def fail(file, operation):
        raise OSError(95, "Operation not supported")

    part = tmp_path / f".a.{HEX}.part"
    part.touch()
    monkeypatch.setattr_in(atomic_write, fcntl, flock=fail)
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == [part.name, "a"]
