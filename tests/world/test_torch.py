# ruff: noqa: ISC004  (cells are quoted as they stand in a notebook)
"""torch: what tensors are, how they are kept, and what no kept result can say. Needs torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.notebook.kernel import Kernel
from zenbook import fingerprint
from zenbook.core.closure import CodeClosure
from zenbook.core.digest import Digester
from zenbook.engine.parts import walk
from zenbook.engine.tensors import looking_into, share, stretches_of
from zenbook.errors import NotDigestible
from zenbook.world.codec_pickler import Packer, Refusal

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.*(CSR|quantiz)")


def _kept(values: dict[str, Any]) -> dict[str, Any]:
    """What is loaded of values that are kept together."""
    import pickle

    packer = Packer(CodeClosure(), {})
    packer.write(values)
    buffers = [bytearray(buffer) for buffer in packer.buffers]
    loaded: dict[str, Any] = pickle.loads(packer.header, buffers=buffers)
    return loaded


def _numbers() -> Any:
    return torch.arange(6.0).reshape(2, 3)


def test_equal_tensors_have_one_digest_wherever_they_are_in_memory() -> None:
    turned = torch.tensor([[0.0, 3], [1, 4], [2, 5]]).T
    window = torch.arange(12.0)[:6].reshape(2, 3)
    assert len({fingerprint(one) for one in (_numbers(), turned, window)}) == 1


def test_tensors_of_another_content_type_or_gradient_have_another_digest() -> None:
    wants, has = _numbers().requires_grad_(), _numbers().requires_grad_()
    has.sum().backward()
    marked = _numbers()
    marked.note = "mine"
    ones = torch.ones(2)
    different = [
        _numbers(),
        _numbers() + 1,
        _numbers().double(),
        _numbers().bfloat16(),
        _numbers().reshape(3, 2),
        _numbers().to_sparse(),
        _numbers().to_sparse_csr(),
        torch.quantize_per_tensor(_numbers(), 0.1, 10, torch.quint8),
        torch.quantize_per_tensor(_numbers() * 2, 0.2, 10, torch.quint8),
        torch.complex(ones, ones),
        torch.complex(ones, ones).conj(),
        _numbers().to("meta"),
        torch.nn.Parameter(_numbers()),
        wants,
        has,
        marked,
    ]
    assert len({fingerprint(one) for one in different}) == len(different)


def test_a_tensor_within_a_graph_is_neither_described_nor_kept() -> None:
    computed = _numbers().requires_grad_() * 2
    with pytest.raises(NotDigestible, match="gradient graph"):
        Digester(CodeClosure()).digest([computed])
    with pytest.raises(Refusal, match="gradient graph"):
        _kept({"it": computed})
    assert fingerprint(computed.detach()) == fingerprint(_numbers() * 2)


def test_what_is_loaded_is_what_was_kept_with_its_views_and_gradients() -> None:
    net = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(_numbers()).sum().backward()
    optimizer.step()
    whole = torch.arange(5.0)
    values = {"pair": (net, optimizer), "views": [whole, whole[1:], whole[1]], "turned": whole[::2]}
    loaded = _kept(values)
    assert {n: fingerprint(v) for n, v in loaded.items()} == {
        n: fingerprint(v) for n, v in values.items()
    }
    again, its = loaded["pair"]
    assert again.weight is its.param_groups[0]["params"][0]
    assert torch.equal(again.weight.grad, net.weight.grad)
    loaded["views"][0][1] = 70
    assert loaded["views"][1][0] == loaded["views"][2] == 70
    odd = {"csr": _numbers().to_sparse_csr(), "conj": torch.complex(whole, whole).conj()}
    assert {n: fingerprint(v) for n, v in _kept(odd).items()} == {
        n: fingerprint(v) for n, v in odd.items()
    }


CELLS = (
    "import torch, numpy as np\ntorch.manual_seed(0)\nX = torch.arange(6.).reshape(2, 3)\n"
    "class Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.l = torch.nn.Linear(3, 2)\n    def forward(self, x): return self.l(x)",
    "%%step make\nnet = Net()\nopt = torch.optim.Adam(net.parameters(), lr=0.1)",
    "%%step train\nfor _ in range(3):\n    opt.zero_grad()\n    loss = net(X).pow(2).mean()\n"
    "    loss.backward()\n    opt.step()\nlosses = loss.item()\ndel loss",
    "%%step rest\nX += 1\nd = {'x': X}\nr = torch.rand(2)",
    "opt.step(); X += 1; after = torch.rand(1)",
)
LEFT = (
    "[p.tolist() for p in net.parameters()], losses, X.tolist(), d['x'] is X, r.tolist(), "
    "after.tolist(), opt.param_groups[0]['params'][0] is net.l.weight"
)


def test_chance_that_nobody_seeded_and_settings_of_torch(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    drawing, setting = "%%step s\nr = torch.rand(2)", "%%step t\nquiet()\ny = 1"
    helper = "import torch\ndef quiet(): torch.set_default_dtype(torch.float64)"
    making = "%%step u\nz = str(torch.zeros(1).dtype)"
    try:
        kernel.play(helper, drawing, setting, making)
        drawn = kernel.value("r.tolist()")
        kernel.restart()
        again = kernel.play(helper, drawing, setting, making)
        assert again[1].status == "cached" and kernel.value("r.tolist()") == drawn
        assert "it changed torch's settings" in again[2].said
        assert kernel.value("z") == "torch.float64"
        seeded = "torch.manual_seed(4);"
        assert kernel.play(seeded, drawing)[-1].status == "completed"
        assert kernel.play(seeded, drawing)[-1].status == "cached"
        kernel.restart()
        plain = kernel.play("import torch", making)[-1]
        assert plain.status == "completed" and kernel.value("z") == "torch.float32"
    finally:
        kernel.stop()


def test_a_notebook_that_trains_goes_on_after_hits_as_after_runs(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    try:
        kernel.play(*CELLS)
        expected = kernel.value(LEFT)
        kernel.restart()
        again = kernel.play(*CELLS)
        assert [cell.status for cell in again if cell.line] == ["cached"] * 3
        assert kernel.value(LEFT) == expected
        for body, why in {
            "pred = net(X)": "pred is part of a gradient graph",
            "part = X[:1]": "part holds a tensor that looks into other memory",
            "A = np.ones(2); T = torch.from_numpy(A)": "T holds a tensor that looks into",
        }.items():
            assert why in kernel.run(f"%%step s\n{body}").said
    finally:
        kernel.stop()


def _sparse() -> dict[str, Any]:
    one = _numbers()
    return {
        "coo": one.to_sparse(),
        "csr": one.to_sparse_csr(),
        "csc": one.to_sparse_csc(),
        "bsr": one.to_sparse_bsr((1, 1)),
        "bsc": one.to_sparse_bsc((1, 1)),
    }


@pytest.mark.parametrize("layout", ["coo", "csr", "csc", "bsr", "bsc"])
def test_a_sparse_tensor_looks_into_the_memory_of_what_it_is_made_of(layout: str) -> None:
    whole = _sparse()[layout]
    other = _sparse()[layout]
    values = whole._values() if layout == "coo" else whole.values()
    assert share(whole, values)
    assert share(whole.detach(), whole)
    assert not share(whole, other)
    assert looking_into({"values": values}, {"whole": whole}, walk) == "values"
    assert looking_into({"other": other}, {"whole": whole}, walk) == ""


def test_a_tensor_that_does_not_tell_where_it_is_may_share_any_other_ones_memory() -> None:
    hidden = _numbers().to_mkldnn()
    assert share(hidden, _numbers())
    assert looking_into({"hidden": hidden}, {}, walk) == ""


def test_what_a_lazy_module_has_not_made_yet_has_no_memory() -> None:
    waiting = torch.nn.LazyLinear(2)
    assert stretches_of(waiting.weight) == []
    assert not share(waiting.weight, _numbers())
