from django.urls import path

from rollouts.views import alerts, checks, metrics, rollbacks, rollout, rounds, tuning

urlpatterns = [
    path("checks/", checks.checks, name="checks"),
    path("checks/tuning/", tuning.tuning, name="tuning"),
    path("checks/metric/new/", metrics.metric_new, name="metric-new"),
    path("checks/metric/<slug:key>/edit/", metrics.metric_edit, name="metric-edit"),
    path("checks/metric/<slug:key>/switch/", metrics.metric_switch, name="metric-switch"),
    path("checks/metric/<slug:key>/move/", metrics.metric_move, name="metric-move"),
    path("checks/metric/<slug:key>/note/", metrics.metric_note, name="metric-note"),
    path("checks/metric/<slug:key>/unplan/", metrics.metric_unplan, name="metric-unplan"),
    path("checks/<slug:kind>/<slug:key>/run/", checks.run, name="run-check"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/hooks", alerts.hook_add, name="hook-add"),
    path("alerts/hooks/<int:pk>/edit", alerts.hook_edit, name="hook-edit"),
    path("alerts/hooks/<int:pk>/retire", alerts.hook_retire, name="hook-retire"),
    path("alerts/drills", alerts.drill_fire, name="drill-fire"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("alerts/<int:pk>/acknowledge", alerts.alert_acknowledge, name="alert-acknowledge"),
    path("alerts/<int:pk>/over", alerts.alert_over, name="alert-over"),
    path("alerts/<int:pk>/false", alerts.alert_false, name="alert-false"),
    path("rollout/", rollout.rollout, name="rollout"),
    path("rollout/hold/", rollout.hold, name="rollout-hold"),
    path("rollout/release/", rollout.release, name="rollout-release"),
    path("rollout/resume/", rollout.resume, name="rollout-resume"),
    path("rollout/advance/<int:percent>/", rollout.begin, name="advance"),
    path("rollout/rounds/", rounds.rounds, name="rounds"),
    path("rollout/rounds/<int:pk>/", rounds.round_page, name="round"),
    path("rollback/", rollbacks.rollback, name="rollback"),
]
