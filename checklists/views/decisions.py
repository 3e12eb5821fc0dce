"""Decisions: taken, proven, corrected, and read as a record."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions.corrections import correct
from checklists.actions.decisions import Outdated, check_decision, decide_gate, deciding_role
from checklists.documents.decision_record import record_markdown
from checklists.forms import DecisionForm
from checklists.models import Decision
from checklists.queries.decision_records import record_of
from checklists.queries.verified import prove, prove_file
from checklists.rules.gates import HOLD
from checklists.views.gates import find_gate, fresh, gate_page
from warroom.actions.refusals import Invalid
from warroom.documents.source import LIMIT_BYTES
from warroom.once import once
from warroom.views.answers import done
from warroom.views.password import ask_again
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def decision(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Decide the gate. GO and NO-GO ask for the password when it is old; HOLD never does.

    Read, as by a reload after a refusal, the address leads back to the gate.
    """
    gate = find_gate(request, slug, key)
    if request.method != "POST":
        return redirect("gate", slug, key)
    fresh(request, gate)
    deciding_role(gate, request.user)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return gate_page(request, gate, decision_form=form)
    asked = form.cleaned_data
    said = {
        "by": request.user,
        "window_reason": request.POST.get("window_reason", ""),
        "seen": asked["seen"],
    }
    try:
        if asked["decision"] != HOLD:
            check_decision(gate, asked["decision"], asked["rationale"], **said)
            if asks := ask_again(request, _("decide {gate}").format(gate=gate.title)):
                return asks
        decide_gate(
            gate,
            asked["decision"],
            rationale=asked["rationale"],
            hold_minutes=asked["hold_minutes"],
            request_id=once(request),
            **said,
        )
    except (Invalid, Outdated) as wrong:
        form.refuse(wrong)
        now_is = find_gate(request, slug, key)
        return gate_page(request, now_is, decision_form=form, status=wrong.status)
    return done(request, reverse("gate", args=[slug, key]), _("Decided. The evidence is frozen."))


def find_decision(request: HttpRequest, slug: str, key: str, number: int) -> Decision:
    """The decision through (user, plan, gate), or 404."""
    gate = find_gate(request, slug, key)
    found = gate.decisions.filter(pk=number).select_related("role").first()
    if found is None:
        raise Http404(_("No such decision at this gate."))
    found.gate = gate
    return found


@require_safe
def record(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """The decision record as a page to read and to print (S18, S31, S43)."""
    found = find_decision(request, slug, key, number)
    context = page(request, found.gate.plan, "gate")
    context |= {"record": record_of(found), "decision": found, "gate": found.gate}
    return render(request, "checklists/decision_record.html", context)


@require_safe
def record_document(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """The same as Markdown."""
    text = record_markdown(record_of(find_decision(request, slug, key, number)))
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    name = f"{slug}-{key}-decision-{number}.md"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """Compute the digest anew and say whether row, timeline and a file that is sent agree."""
    found = find_decision(request, slug, key, number)
    context = page(request, found.gate.plan, "gate")
    context |= {
        "decision": found,
        "gate": found.gate,
        "proof": prove(found),
        "verified_at": timezone.now(),
    }
    sent = request.FILES.get("file") if request.method == "POST" else None
    if sent is not None:
        context |= {"file_name": sent.name, "file_wrong": prove_file(found, sent.read(LIMIT_BYTES))}
    context["no_file"] = request.method == "POST" and sent is None
    status = 422 if context["no_file"] else 200
    return render(request, "checklists/decision_verify.html", context, status=status)


@posted("gate", "key", at="#corrections")
def correction(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """Add what was wrong, below the decision."""
    found = find_decision(request, slug, key, number)
    fresh(request, found.gate)
    correct(found, request.POST.get("text", ""), by=request.user, request_id=once(request))
    back = f"{reverse('gate', args=[slug, key])}#corrections"
    return done(request, back, _("The correction stands below the decision."))


@require_safe
def frozen_evidence(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """The evidence of a decision as JSON, to keep or to check against its SHA-256."""
    found = find_decision(request, slug, key, number)
    body = {"evidence_sha256": found.evidence_sha256, "evidence": found.evidence}
    answer = HttpResponse(json.dumps(body, indent=2), content_type="application/json")
    name = f"{slug}-{key}-{found.word}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
