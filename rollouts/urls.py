from django.urls import path

from rollouts.views import checks, rollout, stages

urlpatterns = [
    path("checks/", checks.checks, name="checks"),
    path("checks/<slug:kind>/<slug:key>/run/", checks.run, name="run-check"),
    path("rollout/", rollout.rollout, name="rollout"),
    path("rollout/advance/<int:percent>/", stages.begin, name="advance"),
]
