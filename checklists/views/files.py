from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from checklists.actions.files import attach_file
from checklists.queries.stored import path_of, read_kept
from checklists.rules.files import IMAGES
from checklists.sending import Changed
from checklists.views.items import find_item, fresh, item_page
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import Right
from warroom.views.answers import done
from warroom.views.posting import posted

# Whatever a file holds, a browser that opens it by its address runs nothing of it.
SANDBOX = "default-src 'none'; sandbox"


@posted("item", "number")
def item_files(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Attach files; each is kept or refused by itself, and what is refused is named."""
    item = find_item(request, slug, number)
    fresh(request, item)
    demand(item.plan, request.user, Right.TICK)
    sent = request.FILES.getlist("file")
    wrong = [] if sent else [_("Choose a file to attach.")]
    for file in sent:
        try:
            attach_file(item, file.name, file.read(), by=request.user)
        except Invalid as invalid:
            wrong.append(invalid.sentence)
    if wrong and request.htmx:
        raise Invalid("file", " ".join(wrong))
    if wrong:
        return item_page(request, item, file_errors=wrong)
    return done(request, reverse("item", args=[slug, number]) + "#files", _("Attached."))


@require_safe
def item_file(request: HttpRequest, slug: str, number: int, file: int, name: str) -> HttpResponse:
    """The bytes of a file, to those who may see the plan. Only pictures open in the browser."""
    item = find_item(request, slug, number)
    row = item.files.filter(pk=file, name=name).first()
    if row is None or not path_of(row.sha256).is_file():
        raise Http404(_("No such file at this item."))
    data = read_kept(row.sha256)
    if data is None:
        raise Changed(
            _("{row} is gone or was changed on the disk. Nothing is sent.").format(row=row.name)
        )
    answer = HttpResponse(data, content_type=_served_as(row.content_type))
    answer["Content-Disposition"] = content_disposition_header(
        row.content_type not in IMAGES, row.name
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = SANDBOX
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


def _served_as(content_type: str) -> str:
    """Text goes out as plain text: an XML that is a page underneath is not one to a browser."""
    binary = content_type in IMAGES or content_type in ("application/pdf", "application/zip")
    return content_type if binary else "text/plain; charset=utf-8"
