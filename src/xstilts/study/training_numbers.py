"""Training numbers: what a study may say under `train`. Keys, bounds and defaults are those of
`core.settings.training.Recipe`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_serializer, field_validator, model_validator

from xstilts.core.settings.training import Recipe
from xstilts.study.strict_model import GeneratedSection, section_of
from xstilts.study.training_lists import LISTED, one_or_several, refuse_other_lists

RecipeSection: Any = section_of(Recipe, leave_out=("precision",), optional=True)


class TrainNumbers(RecipeSection, GeneratedSection):
    """Numbers of a phase that a study may set; what is left out comes from the wider section, then the defaults. Most
    may be lists, of which a dev set chooses (`study.training_lists`)."""

    max_length: int | None = Field(None, ge=8, le=2**20)

    @model_validator(mode="before")
    @classmethod
    def lists_are_of_numbers(cls, data: Any) -> Any:
        refuse_other_lists(data, cls.model_fields)
        return data

    @field_validator(*LISTED, mode="wrap")
    @classmethod
    def number_or_list(cls, value: Any, check: Any) -> Any:
        return one_or_several(value, check)

    @field_serializer(*LISTED)
    def as_written(self, value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    @model_validator(mode="after")
    def one_length(self) -> TrainNumbers:
        if self.updates is not None and self.epochs is not None:
            raise ValueError("give either 'updates' or 'epochs', not both")
        return self


class IntermediateNumbers(TrainNumbers):
    """Numbers of the intermediate phases. Two more ways to say how long they are, so that arms compare at equal cost:
    updates of all phases of an arm together, which a chain splits equally, or updates for every task of a phase."""

    updates_an_arm: int | None = Field(None, ge=1, le=10**9)
    updates_a_task: int | None = Field(None, ge=1, le=10**9)

    @model_validator(mode="after")
    def one_way(self) -> IntermediateNumbers:
        lengths = [key for key in LENGTHS if getattr(self, key) is not None]
        if len(lengths) > 1:
            raise ValueError(f"give one of '{lengths[0]}' and '{lengths[1]}', not both")
        return self


LENGTHS = ("updates", "epochs", "updates_an_arm", "updates_a_task")


class Train(TrainNumbers):
    """Numbers for all phases, and for some of them."""

    intermediate: IntermediateNumbers = IntermediateNumbers()
    target: TrainNumbers = TrainNumbers()
    tasks: Mapping[str, TrainNumbers] = {}

    @model_validator(mode="after")
    def lengths_of_tasks(self) -> Train:
        refuse_max_length(self.intermediate)
        refuse_max_length(self.target)
        return self


def refuse_max_length(numbers: TrainNumbers) -> None:
    """Raises ValueError for a length of sequences: a task is tokenised once, for all phases and its test sets."""
    if numbers.max_length is not None:
        raise ValueError("'max_length' belongs to a task, not to a phase: give it in train or train.tasks.<task>")
