import numpy as np
import pytest

from scratchmlp.activations import ACTIVATIONS
from scratchmlp.network import Network
from scratchmlp.workspace import Workspace


class OutOfPlace:
    """A user's activation, whose backward needs z: f(z) = z²."""

    def forward(self, z, out):
        return np.square(z, out=out)

    def backward(self, z, a, delta):
        delta *= 2 * z


def values(arrays):
    return arrays.values() if isinstance(arrays, dict) else arrays


@pytest.mark.parametrize("activation", [ACTIVATIONS["relu"], OutOfPlace()])
@pytest.mark.parametrize("width", [4, 70])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_workspace_s_head_is_contiguous_in_its_memory(activation, width, dropout):
    network = Network((3, width, 2), activation, dropout=dropout)
    rng = np.random.RandomState(0)
    workspace = network.workspace(10, np.float64, random_state=rng)
    head = workspace.head(4)
    assert head.random_state is rng
    assert len(workspace.masks) == (dropout > 0)
    for part in ("z", "a", "inputs", "delta", "masks"):
        wholes, heads = getattr(workspace, part), getattr(head, part)
        for whole, few in zip(*map(values, (wholes, heads)), strict=True):
            if whole is not None:
                assert len(few) == 4
                assert few.flags.c_contiguous or few.flags.f_contiguous
                assert np.shares_memory(whole, few)
    in_place = np.shares_memory(workspace.z[0], workspace.a[0])
    assert in_place == isinstance(activation, type(ACTIVATIONS["relu"]))
    assert (workspace.inputs[1] is workspace.a[0]) == (dropout == 0)


def test_each_hidden_layer_needs_an_entry():
    with pytest.raises(ValueError, match="zip"):
        Workspace.allocate(5, np.float64, (3, 2, 1), [True], [], training=True, random_state=None)
