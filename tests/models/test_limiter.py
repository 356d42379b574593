"""The adaptive limiter, on a loop whose clock jumps."""

from __future__ import annotations

import asyncio

import pytest

from primum.models.limiter import FIRST_LIMIT, AdaptiveLimiter, limiter_for
from primum.testing import run_jumping


async def take(limiter: AdaptiveLimiter, count: int) -> list[int]:
    return [await limiter.acquire(limiter.ticket(0)) for _ in range(count)]


def succeed(limiter: AdaptiveLimiter, times: int) -> None:
    for _ in range(times):
        limiter.succeeded()


def test_limit_starts_low_and_never_passes_the_ceiling() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(12)
        assert limiter.limit == FIRST_LIMIT

        await take(limiter, FIRST_LIMIT)
        succeed(limiter, 100)

        assert limiter.limit == 12

    run_jumping(main())


def test_limit_doubles_in_a_round_trip_until_the_first_push_back() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1000)
        await take(limiter, 8)

        succeed(limiter, 8)

        assert limiter.limit == 16

    run_jumping(main())


def test_limit_halves_and_then_grows_by_one_in_a_round_trip() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1000)
        epoch, *_ = await take(limiter, 8)

        limiter.throttled(epoch)
        assert limiter.limit == 4

        # One round trip of four calls: 4 + 1/4 + 1/4.25 + 1/4.49 + 1/4.71 = 4.92; the fifth passes 5.
        succeed(limiter, 5)
        assert limiter.limit == 5

    run_jumping(main())


def test_limit_that_is_not_made_use_of_does_not_grow() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1000)
        await take(limiter, 1)

        succeed(limiter, 50)

        assert limiter.limit == FIRST_LIMIT

    run_jumping(main())


def test_calls_of_one_round_trip_halve_the_limit_once() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(8)
        epochs = await take(limiter, 8)

        for epoch in epochs:
            limiter.throttled(epoch)

        assert limiter.limit == 4

    run_jumping(main())


def test_floor_is_one() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(8)
        for _ in range(10):
            (epoch,) = await take(limiter, 1)
            limiter.throttled(epoch)
            limiter.release()

        assert limiter.limit == 1

    run_jumping(main())


def test_long_waits_in_a_row_do_not_freeze_the_limit() -> None:
    """A wait longer than the gap between push-backs must not stop cuts, nor growth after it."""

    async def main() -> None:
        limiter = AdaptiveLimiter(8)
        for _ in range(3):
            (epoch,) = await take(limiter, 1)
            limiter.throttled(epoch)
            limiter.pause(89)
            limiter.release()
        assert limiter.limit == 1
        assert asyncio.get_running_loop().time() == pytest.approx(2 * 89)

        await take(limiter, 1)
        succeed(limiter, 1)

        assert limiter.limit == 2

    run_jumping(main())


def test_waiters_go_by_priority_and_then_by_arrival() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1)
        await take(limiter, 1)
        order: list[str] = []

        async def wait(name: str, priority: int) -> None:
            await limiter.acquire(limiter.ticket(priority))
            order.append(name)
            limiter.release()

        names = [("new 1", 5), ("new 2", 5), ("turn 3", 1), ("turn 2", 2)]
        tasks = [asyncio.create_task(wait(*pair)) for pair in names]
        await asyncio.sleep(0)
        limiter.release()
        await asyncio.gather(*tasks)

        assert order == ["turn 3", "turn 2", "new 1", "new 2"]

    run_jumping(main())


def test_call_that_comes_back_keeps_its_place() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1)
        first = limiter.ticket(0)
        await limiter.acquire(first)
        later = asyncio.create_task(limiter.acquire(limiter.ticket(0)))
        await asyncio.sleep(0)
        limiter.pause(5)
        limiter.release()

        again = asyncio.create_task(limiter.acquire(first))
        done, _ = await asyncio.wait({later, again}, return_when=asyncio.FIRST_COMPLETED)

        assert done == {again}
        later.cancel()

    run_jumping(main())


def test_pause_holds_waiting_and_new_calls_until_it_ends() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(8)
        limiter.pause(30)

        async def stamp() -> float:
            await limiter.acquire(limiter.ticket(0))
            return asyncio.get_running_loop().time()

        early = asyncio.create_task(stamp())
        await asyncio.sleep(10)
        assert limiter.in_flight == 0
        late = asyncio.create_task(stamp())

        assert [await early, await late] == pytest.approx([30, 30])

    run_jumping(main())


def test_longer_pause_replaces_a_shorter_one_and_not_the_other_way() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(8)
        limiter.pause(10)
        limiter.pause(60)
        limiter.pause(5)

        await take(limiter, 1)

        assert asyncio.get_running_loop().time() == pytest.approx(60)

    run_jumping(main())


def test_after_a_pause_calls_start_without_another_wait() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(8)
        limiter.pause(10)
        await asyncio.sleep(11)

        await take(limiter, 8)

        assert asyncio.get_running_loop().time() == pytest.approx(11)
        assert limiter.in_flight == 8

    run_jumping(main())


def test_cancelled_waiter_takes_no_slot() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1)
        await take(limiter, 1)
        waiters = [asyncio.create_task(limiter.acquire(limiter.ticket(0))) for _ in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        waiters[1].cancel()
        await asyncio.sleep(0)

        limiter.release()
        await waiters[2]

        assert limiter.in_flight == 1

    run_jumping(main())


def test_waiter_cancelled_in_the_moment_of_its_turn_hands_the_slot_on() -> None:
    async def main() -> None:
        limiter = AdaptiveLimiter(1)
        await take(limiter, 1)
        unlucky, next_one = (
            asyncio.create_task(limiter.acquire(limiter.ticket(0))) for _ in range(2)
        )
        await asyncio.sleep(0)

        limiter.release()  # hands the slot to the first ...
        unlucky.cancel()  # ... which is cancelled before it runs
        await next_one
        limiter.release()

        assert limiter.in_flight == 0
        assert unlucky.cancelled()

    run_jumping(main())


def test_models_behind_one_endpoint_and_key_share_a_limiter_with_the_widest_ceiling() -> None:
    async def main() -> None:
        one = limiter_for("http://a/v1", "KEY", 4)

        assert limiter_for("http://a/v1", "KEY", 9) is one
        assert one.ceiling == 9
        assert limiter_for("http://a/v1", "OTHER", 4) is not one
        assert limiter_for("http://b/v1", "KEY", 4) is not one

    run_jumping(main())


def test_next_event_loop_starts_with_a_fresh_limiter() -> None:
    """Slots that an interrupted loop never gave back must not block the next one."""

    async def leave_held() -> None:
        await take(limiter_for("http://a/v1", "KEY", 1), 1)

    async def look() -> int:
        return limiter_for("http://a/v1", "KEY", 1).in_flight

    run_jumping(leave_held())
    assert run_jumping(look()) == 0
