"""A storm becomes one incident of its village or town, and leaves alone what somebody works on."""

from incidents.gathering import MOST, Aim, Area, Report, Standing, Where, plan
from incidents.kinds import Kind

TOWN = Area(place="T", name="青石镇", grid=1)
OTHER_TOWN = Area(place="U", name="白水镇", grid=2)


def place(n: int, village: str = "V", town: Area = TOWN) -> Where:
    """The n-th grid of a village."""
    return Where(place=f"{village}-{n}", grid=100 + n, areas=(Area(place=village, name="东河村", grid=10), town))


def fire(alarm: int, where: Where, *, kind: Kind = Kind.FIRE, rests_on: tuple[int, ...] = ()) -> Report:
    """A detector's alarm."""
    return Report(
        alarm=alarm,
        incident=None,
        kind=kind,
        where=where,
        title="火",
        priority=1,
        lon=None,
        lat=None,
        rests_on=rests_on,
    )


def standing(id_: int, where: Where, *, is_new: bool = True, gathers: bool = False) -> Standing:
    """An open fire."""
    return Standing(id=id_, kind=Kind.FIRE, where=where, is_done=False, gathers=gathers, is_new=is_new)


def places(reports: list[Report], open_: list[Standing] | None = None) -> list[str]:
    """Say which place each report goes to."""
    aims = plan(reports, open_ or []).aims
    return [aims[report.alarm].place for report in reports]


def test_a_few_places_are_incidents_of_their_own():
    """Five at once an officer can still read one by one."""
    reports = [fire(n, place(n)) for n in range(MOST)]
    assert places(reports) == [f"V-{n}" for n in range(MOST)]


def test_more_of_one_village_are_the_village():
    """Six places of one village within a minute are one incident of the village."""
    reports = [fire(n, place(n)) for n in range(MOST + 1)]
    assert set(places(reports)) == {"V"}
    assert plan(reports, []).aims[0] == Aim(
        kind=Kind.FIRE, place="V", title="东河村 0 个网格 火情", grid=10, gathers=True
    )


def test_more_of_one_town_are_the_town():
    """Three places each of two villages are one incident of the town; the next town has its own."""
    reports = [fire(n, place(n, "V" if n % 2 else "W")) for n in range(6)]
    reports += [fire(10 + n, place(n, "X", OTHER_TOWN)) for n in range(3)]
    assert places(reports) == ["T"] * 6 + ["X-0", "X-1", "X-2"]


def test_different_kinds_are_not_counted_together():
    """Three fires and three floods are no storm."""
    reports = [fire(n, place(n), kind=Kind.FIRE if n < 3 else Kind.FLOOD) for n in range(6)]
    assert set(places(reports)) == {f"V-{n}" for n in range(6)}


def test_many_alarms_of_one_place_are_no_storm():
    """Forty detectors of one grid are one incident of the grid."""
    assert set(places([fire(n, place(1)) for n in range(40)])) == {"V-1"}


def test_what_opened_within_the_minute_is_taken_in():
    """Batches cut a storm; what the earlier ones opened becomes part of it."""
    opened = [standing(50 + n, place(n)) for n in range(MOST)]
    planned = plan([fire(9, place(9))], opened)
    assert planned.aims[9].place == "V"
    assert {one: aim.place for one, aim in planned.absorbed.items()} == {50 + n: "V" for n in range(MOST)}


def test_what_somebody_works_on_keeps_its_place():
    """An incident that is older, or that an officer has touched, is neither counted nor taken in."""
    worked_on = standing(50, place(1), is_new=False)
    planned = plan([fire(n, place(n)) for n in range(1, 9)], [worked_on])
    assert planned.aims[1].place == "V-1"
    assert {planned.aims[n].place for n in range(2, 9)} == {"V"}
    assert planned.absorbed == {}


def test_a_storm_takes_in_what_comes_later():
    """One more place of the village joins while it gathers, and opens its own once it does not."""
    village = Where(place="V", grid=10, areas=place(1).areas)
    assert places([fire(1, place(8))], [standing(50, village, is_new=False, gathers=True)]) == ["V"]
    assert places([fire(1, place(8))], [standing(50, village, is_new=False)]) == ["V-8"]


def test_a_storm_that_spreads_is_taken_into_the_towns():
    """A village's storm and five more places of the town: one incident."""
    village = Where(place="V", grid=10, areas=place(1).areas)
    planned = plan([fire(n, place(n, "W")) for n in range(MOST)], [standing(50, village, gathers=True)])
    assert {aim.place for aim in planned.aims.values()} == {"T"}
    assert [aim.place for aim in planned.absorbed.values()] == ["T"]


def test_what_rests_on_alarms_goes_with_them():
    """A house's alarm is in the incident of its detectors, wherever that is."""
    reports = [fire(1, place(1)), fire(2, place(2), rests_on=(1,))]
    assert places(reports) == ["V-1", "V-1"]


def test_devices_without_a_grid_are_a_storm_too():
    """Six devices that no grid holds are one incident, not six."""
    nowhere = [
        Where(place=f"device:{n}", grid=None, areas=(Area(place="nowhere:", name="未划入网格"),)) for n in range(6)
    ]
    assert set(places([fire(n, where) for n, where in enumerate(nowhere)])) == {"nowhere:"}


def test_nothing_is_taken_into_a_storm_that_nobody_opens():
    """Five new incidents and one somebody works on, that the only report belongs to: what is not opened takes nothing in."""
    worked_on = standing(9, place(9), is_new=False)
    planned = plan([fire(1, place(9))], [*(standing(n, place(n)) for n in range(1, 7)), worked_on])
    assert [aim.place for aim in planned.aims.values()] == [place(9).place]
    assert planned.absorbed == {}
