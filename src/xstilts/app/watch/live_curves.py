"""Live curves: the log of a training that runs, read on from where it was left at the last look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xstilts.core.files import whole_lines
from xstilts.report.scores.trainings import Points, curves_of


@dataclass
class _Read:
    offset: int = 0
    inode: int = 0
    loss: Points = ()
    dev_scores: Points = ()


class LiveCurves:
    """The curves of logs that grow. A log that became shorter was begun again, and so is its curve."""

    def __init__(self) -> None:
        self._logs: dict[Path, _Read] = {}

    def read(self, log: Path) -> tuple[Points, Points]:
        """Return (update, loss) and (update, dev score) of the whole lines of a log; () where there is none."""
        try:
            there = log.stat()
            known = self._logs.get(log) or _Read(inode=there.st_ino)
            if there.st_size < known.offset or there.st_ino != known.inode:
                known = _Read(inode=there.st_ino)
            lines, end = whole_lines(log, known.offset)
            loss, dev_scores = curves_of(lines.decode())
        except FileNotFoundError:
            self._logs.pop(log, None)
            return (), ()
        except (OSError, ValueError):  # it was cut and written to since it was measured: it is read anew next time
            self._logs.pop(log, None)
            return (), ()
        known.offset = end
        known.loss, known.dev_scores = (*known.loss, *loss), (*known.dev_scores, *dev_scores)
        self._logs[log] = known
        return known.loss, known.dev_scores
