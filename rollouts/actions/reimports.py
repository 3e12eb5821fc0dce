"""An edited document: stages keep their order and soaks, and stand at their new lines."""

from collections.abc import Collection

from rollouts.models import Stage
from warroom.actions.change import Change
from warroom.actions.reimports import Applied, Comparer, register_comparer
from warroom.documents.comparing import Comparison
from warroom.documents.reading import Reading
from warroom.models import DeploymentPlan


class Stages(Comparer):
    name = "stages"
    order = 70

    def compare(self, plan: DeploymentPlan, reading: Reading) -> Comparison:
        found = reading.understanding.parts.get("stages", ())
        said = [(round(one.start), max(round(one.end), 1)) for one in found]
        known = list(Stage.objects.filter(plan=plan).values_list("from_percent", "to_percent"))
        if said == known or not said:
            return Comparison()
        chain = ", ".join(f"{start} → {end} %" for start, end in said)
        text = f"The document’s stages are {chain}; those of the room stay as they are."
        return Comparison(remarks=[text])

    def apply(self, changing: Change, reading: Reading, chosen: Collection[str]) -> Applied:
        found = reading.understanding.parts.get("stages", ())
        lines = {(round(one.start), max(round(one.end), 1)): one.line for one in found}
        for stage in Stage.objects.filter(plan=changing.plan):
            line = lines.get((stage.from_percent, stage.to_percent))
            Stage.objects.filter(pk=stage.pk).update(source_line=line)
        return Applied()


register_comparer(Stages())
