from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from checklists.documents.pack import pack_markdown
from checklists.panels_meeting import MEETING_PARTS
from checklists.queries.pack import pack_of
from checklists.views.gates import find_gate, gate_context_of
from warroom.live import panels
from warroom.views.plans import page


@require_safe
def meeting(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The page to hold a go/no-go on: what is asked, who is here, votes as they come, decision."""
    gate = find_gate(request, slug, key)
    context = gate_context_of(request, gate)
    shown = {
        part.name.replace("-", "_"): panels.render(
            part, gate.plan, context["now"], gate.key if part.is_family else ""
        )
        for part in MEETING_PARTS
    }
    context["parts"] = context["parts"] | shown
    context["back"] = reverse("meeting", args=[slug, key])
    return render(request, "checklists/meeting.html", context)


@require_safe
def pack(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The review pack for stakeholders, made of what the room knows now (S114)."""
    gate = find_gate(request, slug, key)
    context = page(request, gate.plan, "gate")
    context |= {"gate": gate, "pack": pack_of(gate, context["now"])}
    return render(request, "checklists/pack.html", context)


@require_safe
def pack_document(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The same as Markdown, to be sent or kept."""
    gate = find_gate(request, slug, key)
    text = pack_markdown(pack_of(gate, timezone.now()))
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{key}-review.md"'
    return answer
