from django.urls import path

from rollouts.views import alerts, checks, rollout, stages

urlpatterns = [
    path("checks/", checks.checks, name="checks"),
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
    path("rollout/advance/<int:percent>/", stages.begin, name="advance"),
]
