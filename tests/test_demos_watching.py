"""The two ways to compute a film agree: all runs of a part at once, and one run as it goes."""

import pytest

from initlab.demos import watching
from initlab.explorer.numbers import jsonable

PARTS = [(watching.two_dimensions, "spiral"), (watching.digits, "relu")]


def words(film, frames):
    return [(jsonable(panels, film.digits), text) for panels, text in frames]


@pytest.mark.parametrize(("film", "part"), PARTS, ids=lambda value: getattr(value, "name", value))
def test_all_runs_at_once_are_the_runs_one_by_one(film, part):
    every = film.films(part)
    points = {tuple(v for name, v in p.items() if name != film.part): p for p in film.part_grid(part)}
    assert set(every) == set(points)
    for key in list(points)[3::13]:
        frames = [frame for frame in film.compute(**points[key]) if frame]
        assert len(frames) == len(film.player.values)
        assert words(film, every[key]) == words(film, frames)
