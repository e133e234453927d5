"""The embedded AWS unpacks a bundle once, whatever number of environments takes it."""

import shutil
import zipfile
from pathlib import Path
from threading import Thread

import pytest

from fanin.local.emulator.bundles import Bundles


@pytest.fixture
def bundles(tmp_path: Path) -> Bundles:
    (tmp_path / "unpacked").mkdir()
    return Bundles(tmp_path / "unpacked")


def _archive(at: Path, text: str) -> str:
    at.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(at, "w") as archive:
        archive.writestr("app.py", text)
        archive.writestr("package/__init__.py", "")
    return str(at)


def _environment(bundles: Bundles, archive: str, folder: Path) -> Path:
    """Take a bundle as the emulator takes it."""
    folder.mkdir()
    with bundles.opened(archive) as opened:
        assert not opened.namelist()
        opened.extractall(str(folder))
    return folder / "app.py"


def _unpacked(tmp_path: Path) -> int:
    return len(list((tmp_path / "unpacked").iterdir()))


def test_environments_of_one_bundle_share_its_files(tmp_path: Path, bundles: Bundles) -> None:
    files = [
        _environment(bundles, _archive(tmp_path / f"{name}.zip", "a = 1"), tmp_path / name) for name in ("one", "two")
    ]
    assert [file.read_text() for file in files] == ["a = 1", "a = 1"]
    assert files[0].samefile(files[1])
    assert files[0].with_name("package").is_dir()


def test_another_bundle_under_the_same_name_is_another(tmp_path: Path, bundles: Bundles) -> None:
    files = [
        _environment(bundles, _archive(tmp_path / "code.zip", text), tmp_path / text) for text in ("before", "after")
    ]
    assert [file.read_text() for file in files] == ["before", "after"]


def test_an_environment_that_ends_takes_nothing_from_the_others(tmp_path: Path, bundles: Bundles) -> None:
    archive = _archive(tmp_path / "code.zip", "a = 1")
    shutil.rmtree(_environment(bundles, archive, tmp_path / "one").parent)
    assert _environment(bundles, archive, tmp_path / "two").read_text() == "a = 1"


def test_environments_that_start_together_unpack_once(tmp_path: Path, bundles: Bundles) -> None:
    archive = _archive(tmp_path / "code.zip", "a = 1")
    folders = [tmp_path / str(number) for number in range(8)]
    threads = [Thread(target=_environment, args=(bundles, archive, folder)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(folder / "app.py").stat().st_ino for folder in folders}) == 1


def test_what_was_replaced_does_not_stay_for_ever_and_who_has_it_keeps_it(tmp_path: Path, bundles: Bundles) -> None:
    first = _environment(bundles, _archive(tmp_path / "code.zip", "first"), tmp_path / "first")
    for number in range(20):
        _environment(bundles, _archive(tmp_path / "code.zip", str(number)), tmp_path / str(number))
    assert _unpacked(tmp_path) == 16
    assert first.read_text() == "first"


def test_what_is_no_archive_is_refused_as_zipfile_refuses_it(tmp_path: Path, bundles: Bundles) -> None:
    (tmp_path / "code.zip").write_text("no archive")
    with pytest.raises(zipfile.BadZipFile):
        _environment(bundles, str(tmp_path / "code.zip"), tmp_path / "one")
    assert not _unpacked(tmp_path)
