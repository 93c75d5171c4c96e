from __future__ import annotations

import gc

import pytest

from xstilts.core.collection import deferred_collection


def test_collection_is_put_off_and_goes_on_after_an_error_too() -> None:
    with deferred_collection():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="x"), deferred_collection():
        raise ValueError("x")
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off() -> None:
    gc.disable()
    try:
        with deferred_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
