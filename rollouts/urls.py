from django.urls import path

from rollouts.views import checks, stages

urlpatterns = [
    path("checks/", checks.checks, name="checks"),
    path("checks/<slug:kind>/<slug:key>/run/", checks.run, name="run-check"),
    path("rollout/advance/<int:percent>/", stages.begin, name="advance"),
]
