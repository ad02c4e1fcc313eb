import threading

from engine.core.slot import Slot


def test_newest_wins_and_drops_are_counted() -> None:
    slot: Slot[int] = Slot("numbers")
    for number in range(5):
        slot.put(number)
    assert slot.poll() == 4
    assert slot.poll() is None
    assert (slot.put_count, slot.drop_count) == (5, 4)


def test_take_gives_up_after_its_time() -> None:
    assert Slot("empty").take(timeout_s=0.01) is None


def test_take_wakes_for_an_item_from_another_thread() -> None:
    slot: Slot[str] = Slot("words")
    writer = threading.Timer(0.02, slot.put, ["hello"])
    writer.start()
    assert slot.take(timeout_s=5) == "hello"
    writer.join(5)
    assert slot.drop_count == 0


def test_close_wakes_a_reader() -> None:
    slot: Slot[str] = Slot("words")
    closer = threading.Timer(0.02, slot.close)
    closer.start()
    assert slot.take(timeout_s=60) is None
    closer.join(5)
    assert slot.is_closed
