from django.urls import path

from checklists.views import gates, items, phases, signoffs

urlpatterns = [
    path("checklist/", phases.checklist_page, name="checklist"),
    path("items/<int:number>/", items.item, name="item"),
    path("items/<int:number>/state", items.item_state, name="item-state"),
    path("items/<int:number>/notes", items.item_notes, name="item-notes"),
    path("signoffs", signoffs.signoffs, name="signoffs"),
    path("signoffs/<int:number>/withdraw", signoffs.withdraw, name="withdraw"),
    path("conditions/<int:number>/close", signoffs.condition_close, name="condition-close"),
    path("gates/", gates.gate_list, name="gates"),
    path("gates/<slug:key>/", gates.gate, name="gate"),
    path("gates/<slug:key>/votes", gates.votes, name="votes"),
    path("gates/<slug:key>/decision", gates.decision, name="decision"),
    path("gates/<slug:key>/criteria/<slug:criterion>", gates.judgement, name="judgement"),
    path("gates/<slug:key>/evidence/<int:number>.json", gates.frozen_evidence, name="evidence"),
]
