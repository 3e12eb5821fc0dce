"""Programs are found, or got as Debian packages: installed by root, unpacked by anybody else."""

import os
import subprocess

import pytest

from warroom.demo import debian


@pytest.fixture
def apt(monkeypatch):
    """Stands for apt-get; ``apt.answers`` says what a call with that word prints, None = fails."""

    class Apt:
        calls: list[list[str]] = []
        answers: dict[str, object] = {}

        def __call__(self, arguments, folder=None):
            self.calls.append(arguments)
            word = next((word for word in self.answers if word in arguments), None)
            answer = self.answers.get(word, "")
            return answer(folder) if callable(answer) else answer

    stand_in = Apt()
    stand_in.calls, stand_in.answers = [], {}
    monkeypatch.setattr(debian, "_apt", stand_in)
    return stand_in


def program(folder, name):
    folder.mkdir(parents=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)
    return folder / name


def get(into, said):
    return debian.get_program("no-such-package", ["no-such-program"], into, said.append)


def test_what_is_there_is_not_got_again(tmp_path, apt):
    here = program(tmp_path / "usr" / "bin", "no-such-program")
    said = []
    assert get(tmp_path, said) == here
    assert (apt.calls, said) == ([], [])


def test_root_installs_and_fetches_lists_only_when_that_fails(tmp_path, apt, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    apt.answers["install"] = None
    said = []
    assert get(tmp_path, said) is None
    assert [call[-1] for call in apt.calls] == ["no-such-package", "update", "no-such-package"]
    assert "getting Debian's package no-such-package" in said[0]


def test_anybody_else_unpacks_the_package_with_what_it_needs(tmp_path, apt, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bin_folder = tmp_path / "usr" / "bin"

    def download(folder):
        (folder / "no-such-package_1_all.deb").touch()
        (folder / "libneeded_1_all.deb").touch()
        return ""

    def unpack(command, **options):
        if "no-such-package" in str(command[2]):
            program(bin_folder, "no-such-program")

    apt.answers["-s"] = "Inst libneeded (1 Debian)\nInst no-such-package (1 Debian)\nConf x\n"
    apt.answers["download"] = download
    monkeypatch.setattr(subprocess, "run", unpack)
    assert get(tmp_path, []) == bin_folder / "no-such-program"
    assert apt.calls[-1][-3:] == ["download", "libneeded", "no-such-package"]
    assert list(tmp_path.glob("*.deb")) == []


def test_without_package_lists_an_ordinary_user_fetches_its_own(tmp_path, apt, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert get(tmp_path, []) is None
    update = next(call for call in apt.calls if call[-1] == "update")
    assert f"Dir::State::lists={tmp_path / 'apt' / 'lists'}" in update


def test_without_apt_there_is_nothing_to_try(tmp_path, apt, monkeypatch):
    monkeypatch.setattr(debian.shutil, "which", lambda name, path=None: None)
    assert get(tmp_path, []) is None
    assert apt.calls == []
