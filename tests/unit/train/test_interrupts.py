"""Interrupts: the first waits for the update, whatever would have handled it; one that is ignored stays ignored."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from xstilts.train.interrupts import waiting_interrupts


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("handler", [signal.SIG_DFL, signal.default_int_handler])
def test_the_first_waits_and_the_second_does_not(number: int, handler: Any) -> None:
    signal.signal(number, handler)
    with waiting_interrupts() as waiting:
        os.kill(os.getpid(), number)
        assert waiting.requested and waiting.deliver is not None
        with pytest.raises(KeyboardInterrupt):
            waiting.deliver()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == handler


def test_what_a_job_in_the_background_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with waiting_interrupts() as waiting:
        os.kill(os.getpid(), signal.SIGINT)
        assert not waiting.requested
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
