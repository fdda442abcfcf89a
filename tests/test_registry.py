from __future__ import annotations

import pytest

from rnnviz.registry import Registry, UnknownName


def test_order_is_kept_and_unknown_names_list_the_valid_ones():
    registry = Registry("fruit", {"pear": 1, "apple": 2})
    assert list(registry) == ["pear", "apple"] and registry["apple"] == 2
    with pytest.raises(UnknownName, match=r"no fruit called 'plum'.*pear, apple"):
        registry["plum"]
