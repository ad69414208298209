"""The fault injector does what a test or a benchmark scripted, in order, and the same again for the same seed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.sandbox.faults import CALL_KINDS, Faults, Kind


def test_scripted_faults_are_used_up_in_order() -> None:
    faults = Faults()
    faults.add("sendMessage", "flood", 2, retry_after=7)
    faults.add("*", "drop")
    taken = [faults.take("sendMessage") for _ in range(4)]
    kinds = [fault and fault.kind for fault in taken]
    assert kinds == ["flood", "flood", "drop", None], "each script must run out before the next one speaks"
    assert taken[0] and taken[0].retry_after == 7, "a fault must carry what was scripted for it"
    assert faults.injected == {"flood": 2, "drop": 1}, "the counter must tell what was injected"


def test_a_script_for_one_method_leaves_the_others_alone() -> None:
    faults = Faults()
    faults.add("sendMessage", "drop")
    assert faults.take("getMe") is None, "a fault for sendMessage must not hit getMe"
    assert faults.take("sendMessage") is not None, "the fault must still be there for its own method"


@pytest.mark.parametrize(("kind", "due"), [("duplicate", (0.0, 0.0)), ("redeliver", (0.0, 0.3)), ("reorder", (0.3,))])
def test_delivery_faults_say_when_each_copy_is_due(kind: Kind, due: tuple[float, ...]) -> None:
    faults = Faults()
    faults.add("message", kind, seconds=0.3)
    assert faults.take("message") is None, "a delivery fault must not hit a call"
    assert faults.deliveries("message") == due, f"{kind} must be delivered at these delays"
    assert faults.deliveries("message") == (0.0,), "the next event must arrive once, at once"


def test_call_faults_do_not_touch_deliveries() -> None:
    faults = Faults()
    faults.add("*", "drop")
    assert faults.deliveries("message") == (0.0,), "a call fault must wait for a call"
    assert faults.take("getMe") is not None, "the call must get it"


@given(seed=st.integers(0, 2**32), rate=st.floats(0, 1))
def test_background_faults_repeat_for_the_same_seed(seed: int, rate: float) -> None:
    def kinds() -> list[str | None]:
        faults = Faults(seed)
        faults.random(rate, ["drop", "delay", "duplicate"])
        return [fault.kind if fault else None for fault in (faults.take("getMe") for _ in range(30))]

    first = kinds()
    assert first == kinds(), "the same seed must give the same faults"
    assert {kind for kind in first if kind} <= CALL_KINDS, "a call must never get a delivery fault"


def test_background_rate_is_kept_and_can_be_ended() -> None:
    faults = Faults(1)
    faults.random(0.2, ["drop"])
    hits = sum(faults.take("getMe") is not None for _ in range(2000))
    assert 320 < hits < 480, "a rate of 0.2 must hit about 400 of 2000 calls"
    faults.clear()
    assert faults.take("getMe") is None, "clear must end the background faults"


def test_nonsense_is_refused() -> None:
    faults = Faults()
    with pytest.raises(ValueError, match="unknown fault kind"):
        faults.add("*", "explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a share"):
        faults.random(1.5, ["drop"])
