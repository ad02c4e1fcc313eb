"""PyTorch: the network as native operations, channels last, eager or compiled by Inductor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from engine.core.clock import Clock
from engine.types import ByteArray, FloatArray
from tools.bench.roofline import Peaks
from tools.bench.runtimes import PROCESSOR, Opened
from tools.bench.runtimes.forms import FORMS, Form, channels_first, read_form

WAYS = tuple((form, variant) for variant in ("eager", "compiled") for form in FORMS)
RUNS = 8
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Network(torch.nn.Module):
    """Latents (1, latent_size) float32 -> pixels (1, H, W, 4) uint8. Statistics and the last layer are float32.

    Args:
        form: form to run.
        dtype: of convolutions and activations.
    """

    def __init__(self, form: Form, dtype: torch.dtype) -> None:
        super().__init__()
        self._settings, self._dtype = form.settings, dtype
        self._kinds = [layer.kind for layer in form.layers]
        for index, layer in enumerate(form.layers):
            shaped = channels_first(layer) if layer.kind == "dense" else layer
            exact = torch.float32 if layer.kind in ("dense", "pixels") else dtype
            weight = torch.from_numpy(shaped.weight)
            if layer.kind == "dense":
                weight = weight.t().contiguous()
            else:  # HWIO -> OIHW, and (kh, kw, out, in) -> IOHW
                weight = weight.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
            self.register_buffer(f"weight_{index}", weight.to(exact))
            self.register_buffer(f"bias_{index}", torch.from_numpy(shaped.bias).to(exact))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        settings = self._settings
        x = self._normalised(z) if settings.normalize_latents else z
        for index, kind in enumerate(self._kinds):
            x = self._run(kind, x, getattr(self, f"weight_{index}"), getattr(self, f"bias_{index}"))
            if kind == "pixels":
                return x.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
            x = functional.leaky_relu(x, 0.2) if settings.use_leakyrelu else functional.relu(x)
            x = self._normalised(x) if settings.use_pixelnorm else x
        raise AssertionError("the last layer makes pixels")

    def _run(self, kind: str, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        if kind == "dense":
            x = functional.linear(x, weight, bias).reshape(1, -1, 4, 4)
            return x.to(self._dtype).contiguous(memory_format=torch.channels_last)
        if kind == "pixels":
            return functional.conv2d(x.float(), weight, bias)
        if kind == "up":
            return functional.conv_transpose2d(x, weight, bias, stride=2, padding=1)
        if kind == "repeat":
            x = functional.interpolate(x, scale_factor=2, mode="nearest")
        return functional.conv2d(x, weight, bias, padding=1)

    def _normalised(self, x: torch.Tensor) -> torch.Tensor:
        exact = x.float()
        scale = torch.rsqrt(exact.square().mean(1, keepdim=True) + self._settings.pixelnorm_epsilon)
        return x * scale.to(x.dtype)


def version() -> str:
    return f"PyTorch {torch.__version__}"


def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
    """Open a case; the variant is `eager`, or `compiled` by Inductor with weights as constants."""
    where = _where()
    network: Callable[[torch.Tensor], torch.Tensor] = (
        Network(read_form(folder, form), DTYPES[precision]).eval().to(where)
    )
    if variant == "compiled":
        from torch._inductor import config

        config.freezing = True  # weights are laid out once for the kernels
        network = torch.compile(network, dynamic=False)

    @torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
    def draw(z: FloatArray) -> ByteArray:
        return np.asarray(network(torch.from_numpy(z).to(where)).cpu())

    return Opened(draw, variant, _device())


def _where() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else PROCESSOR


def peaks() -> Peaks:
    """Rates of matrix products on its device, and of copying memory there."""
    side, length = (8192, 2**28) if _where() == "cuda" else (1536, 2**26)
    operations = {}
    for precision, dtype in DTYPES.items():
        matrix = torch.randn(side, side, device=_where(), dtype=dtype)
        operations[precision] = 2 * side**3 / _best_s(lambda matrix=matrix: matrix @ matrix)  # type: ignore[misc]
    source = torch.ones(length, device=_where(), dtype=torch.float32)
    target = torch.empty_like(source)
    copied = 2 * 4 * length
    return Peaks(_device(), operations, {copied: copied / _best_s(lambda: target.copy_(source))})


def _best_s(work: Callable[[], object]) -> float:
    clock, durations = Clock(), []
    for _ in range(RUNS):
        began_s = clock.now_s()
        work()
        if _where() == "cuda":
            torch.cuda.synchronize()
        durations.append(clock.now_s() - began_s)
    return min(durations[1:])
