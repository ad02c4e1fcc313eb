"""PyTorch: the network as its own operations, channels last, run as they come or compiled by Inductor."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray

from tools.generator_timing.forms import Form, channels_first, read_form

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Network(torch.nn.Module):
    """Latents (1, latent_size) float32 -> pixels (1, H, W, 4) uint8. Statistics and the last layer are float32.

    Args:
        form: what to run.
        dtype: of convolutions and what lies between them.
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
            x = self._apply(kind, x, getattr(self, f"weight_{index}"), getattr(self, f"bias_{index}"))
            if kind == "pixels":
                return x.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
            x = functional.leaky_relu(x, 0.2) if settings.use_leakyrelu else functional.relu(x)
            x = self._normalised(x) if settings.use_pixelnorm else x
        raise AssertionError("the last layer makes pixels")

    def _apply(self, kind: str, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
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
