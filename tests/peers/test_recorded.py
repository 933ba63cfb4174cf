"""initlab against what PyTorch and JAX were recorded to do. Neither has to be installed; record.py renews."""

import copy
import json
from pathlib import Path

import pytest
from agreement import CHECKS

RECORDS = {peer: json.loads((Path(__file__).parent / f"{peer}.json").read_text()) for peer in CHECKS}


@pytest.mark.parametrize(("peer", "check"), [(peer, check) for peer in CHECKS for check in CHECKS[peer]])
def test_initlab_agrees_with(peer, check):
    assert CHECKS[peer][check](RECORDS[peer]) > 0


@pytest.mark.parametrize(
    ("peer", "check", "path"),
    [
        ("torch", "fans", ("fans", 3, "fans", 0)),
        ("torch", "gains", ("gains", 3, "gain")),
        ("torch", "schemes", ("schemes", 2, "std")),
        ("torch", "layer defaults", ("layer_defaults", 0, "bias", "high")),
        ("torch", "samples", ("samples", 1, "std")),
        ("torch", "truncated normal", ("truncated_normal", 1, "std")),
        ("torch", "orthogonal", ("orthogonal", 3, "singular_values", 2)),
        ("torch", "orthogonal law", ("orthogonal_corner", "kurtosis")),
        ("torch", "activations", ("activations", "mish", "df", 5)),
        ("jax", "schemes", ("schemes", 0, "factor")),
        ("jax", "variance scaling", ("variance_scaling", 8, "factor")),
        ("jax", "samples", ("samples", 0, "max")),
    ],
)
def test_a_changed_record_would_be_noticed(peer, check, path):
    record = copy.deepcopy(RECORDS[peer])
    *parents, last = path
    row = record
    for key in parents:
        row = row[key]
    row[last] *= 1.5
    with pytest.raises(AssertionError):
        CHECKS[peer][check](record)
