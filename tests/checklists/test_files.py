"""Files at an item: what is taken, how it is kept and how it goes out. Scenarios 52, 56, 63."""

import hashlib
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions.files import attach_file, path_of
from checklists.models import ChecklistItem, ItemFile
from checklists.rules import files as rules
from tests.conftest import make_item, make_plan, seat
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.bodies import FILES_BYTES, LIMIT_BYTES, limit_of

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
SAMPLES = [
    ("panel.png", PNG, "image/png"),
    ("photo.JPG", b"\xff\xd8\xff\xe0jpeg", "image/jpeg"),
    ("x.gif", b"GIF89a...", "image/gif"),
    ("x.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    ("report.pdf", b"%PDF-1.7 ...", "application/pdf"),
    ("logs.zip", b"PK\x03\x04....", "application/zip"),
    ("deploy.log", b"12:00 ok\n\x1b[32mgreen\x1b[0m\n", "text/plain"),
    ("notes.md", "# Größe\n".encode(), "text/markdown"),
    ("a.csv", b"a,b\n1,2\n", "text/csv"),
    ("a.json", b'{"a": 1}', "application/json"),
    ("a.xml", b"<a/>", "application/xml"),
    ("a.yaml", b"a: 1\n", "application/yaml"),
    ("old.txt", "Gr\xf6\xdfe".encode("latin-1"), "text/plain"),
]


def attach(client, plan, *files, number=1, **options):
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(f"/plans/{plan.slug}/items/{number}/files", {"file": sent}, **options)


@pytest.fixture
def forge(cast, client_of):
    return client_of(cast["forge"])


@pytest.mark.parametrize(("name", "content", "kind"), SAMPLES)
def test_what_ending_and_content_agree_on_is_taken(name, content, kind):
    assert rules.objection(name, content) is None
    assert rules.content_type(name, content) == kind


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("panel.svg", SVG, "An SVG can carry script: attach it as PNG."),
        ("page.html", HTML, "A page can carry script"),
        ("panel.png", HTML, "begins like text"),
        ("panel.png", b"%PDF-1.7", "begins like PDF"),
        ("notes.txt", PNG, "begins like PNG"),
        ("notes.txt", b"a\0b", "something else"),
        ("run.exe", b"MZ\x90", "Attach png, jpg"),
        ("noending", b"text", "it has no ending"),
        ("report.docx", b"PK\x03\x04", "Save it as PDF."),
        ("empty.txt", b"", "is empty"),
    ],
)
def test_anything_else_is_refused_and_told_what_would_be_right(name, content, said):
    assert said in rules.objection(name, content)


def test_a_file_is_kept_by_its_hash_and_shown_at_the_item(plan, item, forge, cast):
    answer = attach(forge, plan, ("panel-1.png", PNG))
    assert (answer.status_code, answer.url) == (302, f"/plans/{plan.slug}/items/1/#files")
    row = ItemFile.objects.get()
    assert row.sha256 == hashlib.sha256(PNG).hexdigest()
    assert path_of(row.sha256).read_bytes() == PNG
    assert path_of(row.sha256).stat().st_mode & 0o077 == 0
    event = plan.events.get()
    assert (event.kind, event.data["file"]["sha256"]) == ("item.attached", row.sha256)
    assert "panel-1.png" in forge.get(f"/plans/{plan.slug}/items/1/").content.decode()
    assert "panel-1.png" in forge.get(f"/plans/{plan.slug}/checklist/").content.decode()


def test_the_same_bytes_again_are_the_same_file(plan, item, forge):
    for name in ("a.png", "b.png"):
        attach(forge, plan, (name, PNG))
    assert (ItemFile.objects.count(), plan.events.count()) == (1, 1)


def test_attached_files_count_by_themselves(plan, phase, forge):
    """S36: "3 of 7 attached"."""
    make_item(phase, 1, "Screenshots", count_of=3, count_unit="attached")
    attach(forge, plan, *((f"{n}.png", PNG + bytes([n])) for n in range(2)))
    item = ChecklistItem.objects.get()
    assert (item.count_done, item.state) == (2, "doing")
    attach(forge, plan, *((f"{n}.png", PNG + bytes([n])) for n in range(5)))
    assert ChecklistItem.objects.get().count_done == 3


@pytest.mark.parametrize(("name", "content", "kind"), SAMPLES)
def test_only_pictures_open_in_the_browser_and_nothing_runs(
    plan, item, forge, cast, name, content, kind
):
    row = attach_file(item, name, content, by=cast["forge"])
    answer = forge.get(f"/plans/{plan.slug}/items/1/files/{row.pk}/{quote(row.name)}")
    assert answer.status_code == 200 and answer.content == content
    inline = answer["Content-Disposition"].startswith("inline")
    assert inline == kind.startswith("image/")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "html" not in answer["Content-Type"] and "xml" not in answer["Content-Type"]


def test_files_are_for_those_who_may_see_the_plan(plan, item, cast, client_of):
    """Scenario 52: ids of one release in another are not found."""
    row = attach_file(item, "a.png", PNG, by=cast["forge"])
    path = f"/plans/{plan.slug}/items/1/files/{row.pk}/a.png"
    assert client_of(cast["vera"]).get(path).status_code == 200
    assert client_of(cast["stranger"]).get(path).status_code == 404
    other = make_plan("other")
    seat(other, cast["forge"], "member", "Member", ["tick"])
    make_item(other.phases.create(number=1, title="One"), 1, "Other")
    forge = client_of(cast["forge"])
    assert forge.get(path.replace(plan.slug, "other")).status_code == 404
    assert forge.get(f"/plans/{plan.slug}/items/1/files/{row.pk}/b.png").status_code == 404
    path_of(row.sha256).unlink()
    assert forge.get(path).status_code == 404


def test_who_may_not_tick_attaches_nothing_and_leaves_nothing(plan, item, cast, settings):
    with pytest.raises(NotAllowed):
        attach_file(item, "a.png", PNG, by=cast["vera"])
    assert not settings.FILES_DIR.exists() and not ItemFile.objects.exists()


def test_refused_files_are_named_and_the_others_kept(plan, item, forge):
    answer = attach(forge, plan, ("good.png", PNG), ("bad.svg", SVG))
    page = answer.content.decode()
    assert answer.status_code == 422 and "An SVG can carry script" in page
    assert ItemFile.objects.get().name == "good.png"
    assert forge.post(f"/plans/{plan.slug}/items/1/files").status_code == 422


def test_the_fifty_first_file_is_refused(item, cast):
    for n in range(rules.LIMIT_FILES):
        attach_file(item, f"{n}.txt", f"{n}".encode(), by=cast["forge"])
    with pytest.raises(Invalid, match="takes no more"):
        attach_file(item, "more.txt", b"more", by=cast["forge"])


def test_too_big_is_refused_before_anything_is_done_with_it(item, cast, django_assert_num_queries):
    """Scenario 63."""
    big = b"\0" * (rules.LIMIT_BYTES + 1)
    with django_assert_num_queries(0), pytest.raises(Invalid, match="10 MB are taken"):
        attach_file(item, "big.png", big, by=cast["forge"])


def test_only_files_of_items_may_be_that_long():
    assert limit_of("/plans/a/items/1/files") == limit_of("/api/v1/plans/a/items/1/files")
    assert limit_of("/plans/a/items/1/files") == FILES_BYTES > rules.LIMIT_BYTES
    for path in ("/plans/a/items/1/notes", "/plans/import", "/plans/a/b/items/1/files", "/"):
        assert limit_of(path) == LIMIT_BYTES


NAMES = [
    ("../../etc/passwd.txt", "passwd.txt"),
    ("C:\\temp\\a b.png", "a b.png"),
    ("<img src=x onerror=alert(1)>.png", "img src=x onerror=alert(1)_.png"),
    ('"><script>.png', "script_.png"),
    ("exe\u202egnp.png", "exe_gnp.png"),
    ("a\r\nSet-Cookie: x=1.png", "a_Set-Cookie_ x=1.png"),
    ("Übersicht 日本.png", "Übersicht 日本.png"),
    (".htaccess.txt", "htaccess.txt"),
    ("...", "file"),
    ("x" * 300 + ".png", "x" * 116 + ".png"),
]


@pytest.mark.parametrize(("name", "safe"), NAMES)
def test_names_keep_their_letters_and_lose_their_teeth(name, safe):
    """Scenario 56."""
    assert rules.safe_name(name) == safe


@given(st.text(max_size=200))
def test_no_name_leads_anywhere(name):
    safe = rules.safe_name(name)
    assert 0 < len(safe) <= rules.NAME_LIMIT
    assert not set(safe) & set("/\\<>\"'\r\n\0:;") and not safe.startswith(".")


def test_payload_names_stay_text_on_the_page(plan, item, forge, cast):
    """Scenario 56: names and notes with markup are shown, never run."""
    for n, (name, _) in enumerate(NAMES[1:7]):
        attach_file(item, name, PNG + bytes([n]), by=cast["forge"])
    page = forge.get(f"/plans/{plan.slug}/items/1/").content.decode()
    assert "<img src=x" not in page and "<script>.png" not in page
    for row in ItemFile.objects.all():
        assert forge.get(f"/plans/{plan.slug}/items/1/files/{row.pk}/{quote(row.name)}").content
