"""Letters for groups that cannot be told apart."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.statistics.letters import compact_letters


def test_members_of_which_none_differ_share_one_letter() -> None:
    assert compact_letters(3, []) == ["a", "a", "a"]


def test_a_member_between_two_that_differ_has_both_letters() -> None:
    # {0,1,2} splits at (0,2) into {1,2} and {0,1}; the first in order is a
    assert compact_letters(3, [(0, 2)]) == ["a", "ab", "b"]


def test_columns_within_others_are_absorbed() -> None:
    # All of 0, 1 differ from 2, 3: {0,1} and {2,3} stay of the four columns that splitting makes
    assert compact_letters(4, [(0, 2), (0, 3), (1, 2), (1, 3)]) == ["a", "a", "b", "b"]


def test_the_order_of_the_pairs_does_not_matter() -> None:
    pairs = [(0, 3), (1, 3), (0, 2), (4, 0)]

    assert compact_letters(5, pairs) == compact_letters(5, pairs[::-1])


@given(st.integers(0, 7).flatmap(lambda size: st.tuples(
    st.just(size), st.sets(st.sampled_from(list(combinations(range(size), 2)) or [(0, 0)])),
)))  # fmt: skip
def test_two_members_share_a_letter_exactly_if_they_do_not_differ(
    case: tuple[int, set[tuple[int, int]]],
) -> None:
    members, drawn = case
    differing = {pair for pair in drawn if pair[0] < pair[1]}

    letters = compact_letters(members, differing)

    assert all(letters)
    for first, second in combinations(range(members), 2):
        assert bool(set(letters[first]) & set(letters[second])) == (
            (first, second) not in differing
        )


def test_many_groups_have_letters_of_one_character_each() -> None:
    letters = compact_letters(60, combinations(range(60), 2))

    assert len(set(letters)) == 60
    assert all(len(letter) == 1 for letter in letters)


@pytest.mark.parametrize("pair", [(0, 0), (0, 3), (-1, 1)])
def test_a_pair_outside_the_members_is_an_error(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no pair among 3"):
        compact_letters(3, [pair])
