"""The encoder of a study: a name, and where only its first layers are used, how many."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_serializer, model_validator

from xstilts.study.strict_model import StrictModel


class EncoderSection(StrictModel):
    """`encoder: e5-small`, or `encoder: {name: e5-small, layers: 6}`.

    layers: the first blocks, which are kept; None: all.

    >>> str(EncoderSection.model_validate("e5-small")), str(EncoderSection(name="e5-small", layers=6))
    ('e5-small', 'e5-small, first 6 layers')
    """

    name: str = Field(min_length=1)
    layers: int | None = Field(None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def name_alone(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_serializer
    def as_written(self) -> str | dict[str, Any]:
        return self.name if self.layers is None else {"name": self.name, "layers": self.layers}

    def __str__(self) -> str:
        if self.layers is None:
            return self.name
        return f"{self.name}, first {self.layers} layer{'s' if self.layers > 1 else ''}"
