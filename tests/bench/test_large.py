"""The large site on paper: its queues behave as queues do, whatever the costs are."""

from bench.large import Cores, Costs, Disk, Site, needed, play

COSTS = Costs()


def test_two_cores_do_two_things_at_once_and_the_third_waits() -> None:
    cores = Cores(2)
    assert [cores.take(0, 1.0), cores.take(0, 1.0), cores.take(0, 1.0)] == [1.0, 1.0, 2.0]
    assert cores.waits(0.5) == 0.5
    assert cores.busy == 3.0


def test_whoever_comes_while_the_disk_is_busy_shares_the_next_flush() -> None:
    disk = Disk(1.0)
    assert [disk.take(0.5), disk.take(0.6), disk.take(0.7), disk.take(3.0)] == [1.5, 2.5, 2.5, 4.0]
    assert disk.busy == 3.0


def test_a_site_that_is_large_enough_queues_for_nobody() -> None:
    site = needed(COSTS, 300, 8)
    found = play(site, COSTS, 300, 10, seed=7)
    alone = play(site, COSTS, 1, 10, seed=7)
    assert not found.refused
    assert found.at(0.5) < 1.5 * alone.at(0.5)
    assert 0.4 < found.hashing < 0.65


def test_a_site_that_is_too_small_refuses_early_and_keeps_its_queue_short() -> None:
    found = play(Site(1, 8, 1, 8), COSTS, 300, 30, seed=7)
    assert found.refused > 1_000
    assert found.at(0.99) < 2.5, "nobody waits for ever"


def test_the_same_seed_plays_the_same_day() -> None:
    days = [play(Site(2, 8, 1, 8), COSTS, 100, 5, seed=seed).waits for seed in (1, 1, 2)]
    assert days[0] == days[1] != days[2]
