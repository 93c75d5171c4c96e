"""Row maker of texts with any number of labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import LabelsExample
from xstilts.data.fields import field_value, flag_field, label_text, shown, text_field
from xstilts.data.row_makers.base import Labels, RowMakerBase, label_name
from xstilts.data.source import WHERE, Drop, Row


@dataclass(frozen=True, kw_only=True)
class LabelsRow(RowMakerBase):
    """A text, or a pair of texts, with any number of labels.

    Arguments
        text, pair: fields of the texts; `pair` None: there is one.
        label: field that holds all labels, a list or a text in which `separator` stands between them (blank: it has
            none, null: it is unlabelled); or a field for each label, called as the file calls the label, that says
            whether the text has it. None: unlabelled.
        separator: between labels in one text; blanks around them are no part of them.
        labels: (in the file, name) pairs, as in `TextRow`.
    """

    identity_name: ClassVar[str] = "Labels"
    gold_fields: ClassVar[tuple[str, ...]] = ("label",)

    text: str = "text"
    pair: str | None = None
    label: str | tuple[str, ...] | None = "labels"
    separator: str = ","
    labels: Labels = ()

    def __call__(self, row: Row, number: int) -> LabelsExample | Drop:
        if drop := self.dropped(row):
            return drop
        found = self._found(row)
        return LabelsExample(
            **self.names(row, number),
            text=text_field(row, self.text),
            pair=None if self.pair is None else text_field(row, self.pair),
            labels=None if found is None else tuple(dict.fromkeys(self._name(label, row) for label in found)),
        )

    def _name(self, label: str, row: Row) -> str:
        name = label_name(label, self.labels, row[WHERE])
        assert name is not None
        return name

    def _found(self, row: Row) -> list[str] | None:
        """Return the labels of a row as the file writes them; None where it is unlabelled."""
        if self.label is None:
            return None
        if not isinstance(self.label, str):
            flags = {name: flag_field(row, name) for name in self.label}
            return None if None in flags.values() else [name for name, has in flags.items() if has]
        value = field_value(row, self.label)
        if value is None:
            return None
        if isinstance(value, str):
            return [label for part in value.split(self.separator) if (label := part.strip())]
        values = value if isinstance(value, list | tuple) else [value]
        labels = [label_text(one, self.label, row[WHERE]) for one in values]
        if None in labels:
            problem = f"the field '{self.label}' is not a list of labels: {shown(value)}"
            raise DataError(problem, where=row[WHERE], hint="A text without labels has an empty list.")
        return [label for label in labels if label is not None]
