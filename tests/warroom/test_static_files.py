"""One stylesheet and one script for every page, joined from sources of one component each."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

from warroom import static_files
from warroom.static_files import CSS, HTMX, JS, SCRIPTS, STYLES, JoinedStaticFiles

SOURCES = settings.BASE_DIR / "static"
# Of pages that stand without the frame and bring their own.
ALONE = {"css": {"fault"}, "js": {"public", "wall"}}


def test_every_source_is_joined():
    assert {path.stem for path in (SOURCES / "css").glob("*.css")} - ALONE["css"] == set(STYLES)
    assert {path.stem for path in (SOURCES / "js").glob("*.js")} - ALONE["js"] == set(SCRIPTS)


def test_a_joined_file_has_its_sources_whole_and_in_their_order():
    for name, stems, suffix in ((CSS, STYLES, ".css"), (JS, SCRIPTS, ".js")):
        joined = Path(finders.find(name)).read_text()
        places = [joined.index(_text(f"{suffix[1:]}/{stem}{suffix}")) for stem in stems]
        assert places == sorted(places)
    assert joined.startswith(Path(finders.find(HTMX)).read_text())


def test_scripts_know_each_other_only_by_events():
    """Joined, they could not import; each stands in a scope of its own."""
    for name in SCRIPTS:
        assert not re.search(r"^\s*(import|export)\b|import\.meta", _text(f"js/{name}.js"), re.M)


def test_a_page_asks_for_one_stylesheet_and_one_script(client):
    page = client.get("/sign-in/").content.decode()
    assert re.findall(r'rel="stylesheet" href="([^"]+)"', page) == [f"/static/{CSS}"]
    assert re.findall(r'<script[^>]* src="([^"]+)"', page) == [f"/static/{JS}"]


def test_a_joined_file_is_written_again_only_when_a_source_changed(monkeypatch):
    file = Path(finders.find(CSS))
    before = file.stat().st_mtime_ns
    assert Path(finders.find(CSS)).stat().st_mtime_ns == before
    monkeypatch.setitem(static_files.MADE, CSS, lambda: "a{}")
    assert Path(finders.find(CSS)).read_text() == "a{}"
    monkeypatch.undo()
    assert Path(finders.find(CSS)).read_text() == static_files.joined_css()


def test_a_missing_source_stops_the_start_and_is_named(monkeypatch):
    monkeypatch.setattr(static_files, "STYLES", ("tokens", "gone"))
    with pytest.raises(FileNotFoundError, match=r"css/gone\.css"):
        static_files.joined_css()


def test_collected_it_has_a_hash_in_its_name_and_both_compressed_forms(tmp_path, monkeypatch):
    storage = JoinedStaticFiles(location=tmp_path)
    monkeypatch.setattr(staticfiles_storage, "_wrapped", storage)
    monkeypatch.setattr(
        "django.contrib.staticfiles.management.commands.collectstatic.get_finders",
        lambda: [static_files.JoinedFinder()],
    )
    monkeypatch.setattr(static_files, "MADE", {CSS: static_files.joined_css})
    call_command("collectstatic", "--noinput", "--verbosity=0")
    hashed = Path(storage.stored_name(CSS)).name
    assert re.fullmatch(r"warroom\.[0-9a-f]{12}\.css", hashed)
    names = {path.name for path in (tmp_path / "css").iterdir()}
    assert names == {hashed, f"{hashed}.gz", f"{hashed}.br"}


def _text(name: str) -> str:
    return (SOURCES / name).read_text()
