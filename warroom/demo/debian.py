"""Gets programs that come as Debian packages: by apt as root, otherwise unpacked into a folder."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

Say = Callable[[str], None]
# Keeps a freshly installed package from starting its own service beside ours.
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1", "LC_ALL": "C"}


def find_program(names: Iterable[str], folders: Iterable[Path] = ()) -> Path | None:
    """Return the first of ``names`` found on PATH, in /usr/sbin or in ``folders``."""
    path = os.pathsep.join(
        [os.environ.get("PATH", ""), "/usr/bin", "/usr/sbin", *(str(folder) for folder in folders)]
    )
    found = (shutil.which(name, path=path) for name in names)
    return next((Path(program) for program in found if program), None)


def get_program(package: str, names: Iterable[str], into: Path, say: Say) -> Path | None:
    """Find a program or install its Debian ``package``; None when neither works.

    Root installs it for the machine; anybody else gets it, with the packages it needs, unpacked
    under ``into``. Takes minutes at worst; every step is bounded.
    """
    names = list(names)
    unpacked = [into / "usr" / "bin", into / "usr" / "sbin"]
    found = find_program(names, unpacked)
    if found or not shutil.which("apt-get"):
        return found
    say(f"{names[0]} is not here; getting Debian's package {package} …")
    if os.geteuid() == 0:
        _install(package)
    else:
        _unpack(package, into)
    return find_program(names, unpacked)


def library_path(into: Path) -> dict[str, str]:
    """Environment that lets a program unpacked under ``into`` find the libraries beside it."""
    folders = [folder for folder in (into / "usr" / "lib", into / "lib") if folder.is_dir()]
    folders += [below for folder in folders for below in folder.glob("*-linux-gnu*")]
    if not folders:
        return {}
    return {"LD_LIBRARY_PATH": os.pathsep.join(str(folder) for folder in folders)}


def _install(package: str) -> None:
    install = ["install", "-y", "--no-install-recommends", package]
    wait = ["-o", "DPkg::Lock::Timeout=120"]
    # Package lists are missing on a fresh machine and stale on an old one: fetch them on failure.
    if _apt([*wait, *install]) is None:
        _apt(["update"])
        _apt([*wait, *install])


def _unpack(package: str, into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    options: list[str] = []
    files = _download(package, into, options)
    if not files:
        options = _own_lists(into)
        _apt([*options, "update"])
        files = _download(package, into, options)
    for file in files:
        subprocess.run(["dpkg", "-x", file, into], check=False, timeout=120)
        file.unlink()


def _download(package: str, into: Path, options: list[str]) -> list[Path]:
    plan = _apt([*options, "-s", "install", "--no-install-recommends", package]) or ""
    wanted = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    if not wanted or _apt([*options, "download", *wanted], folder=into) is None:
        return []
    return sorted(into.glob("*.deb"))


def _own_lists(into: Path) -> list[str]:
    """Options that let an ordinary user fetch package lists into a folder of its own."""
    for name in ("lists/partial", "cache/archives/partial"):
        (into / "apt" / name).mkdir(parents=True, exist_ok=True)
    return [
        *("-o", f"Dir::State::lists={into / 'apt' / 'lists'}"),
        *("-o", f"Dir::Cache={into / 'apt' / 'cache'}"),
    ]


def _apt(arguments: list[str], folder: Path | None = None) -> str | None:
    """Run apt-get quietly; return what it printed, None when it failed or took over ten minutes."""
    try:
        done = subprocess.run(
            ["apt-get", "-q", *arguments],
            cwd=folder,
            env=os.environ | QUIET,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return done.stdout
