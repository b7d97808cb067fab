#!/usr/bin/env python3
"""Writes optimiser.h: parameters after 50 steps of PyTorch's optimisers (Debian: python3-torch).

The gradient of step s and element i is 0.3 w + sin(0.7 s + i), so that both sides can compute it.
"""
import math
import pathlib
import torch

COUNT, STEPS = 6, 50


def run(make, decay, clip):
    """Values of a decayed and of a spared parameter after every step's update."""
    w = [torch.nn.Parameter(torch.tensor([math.cos(i + k) for i in range(COUNT)])) for k in (0, 1)]
    optimiser = make([{"params": w[:1], "weight_decay": decay}, {"params": w[1:], "weight_decay": 0}])
    for s in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = 0.05 * (1 + math.cos(math.pi * s / STEPS)) / 2
        for p in w:
            p.grad = 0.3 * p.data + torch.tensor([math.sin(0.7 * s + i) for i in range(COUNT)])
        if clip:
            torch.nn.utils.clip_grad_norm_(w, clip)
        optimiser.step()
    return [float(x) for p in w for x in p.data]


cases = {
    "sgd": run(lambda g: torch.optim.SGD(g, lr=1, momentum=0.9), 0.01, 0),
    "adamw": run(lambda g: torch.optim.AdamW(g, lr=1), 0.1, 0),
    "adamw_clipped": run(lambda g: torch.optim.AdamW(g, lr=1), 0.1, 1.5),
}


def rates(make):
    """The learning rates of every step, with peak 0.3."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    scheduler = make(optimiser)
    values = []
    for _ in range(STEPS):
        values.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return values


schedules = torch.optim.lr_scheduler
WARMUP = 6


def warmed(after):
    """Linear from peak / WARMUP up to the peak, then `after`."""
    def make(optimiser):
        warmup = schedules.LinearLR(optimiser, 1 / WARMUP, 1, WARMUP - 1)
        return schedules.SequentialLR(optimiser, [warmup, after(optimiser)], [WARMUP])
    return make


cases["schedule_cosine"] = rates(
    warmed(lambda o: schedules.CosineAnnealingLR(o, STEPS - WARMUP)))
cases["schedule_step"] = rates(warmed(lambda o: schedules.StepLR(o, 8, 0.2)))
cases["schedule_constant"] = rates(warmed(lambda o: schedules.ConstantLR(o, 1)))
lines = [f"/* Made by make_optimiser.py with PyTorch {torch.__version__}. */"]
for name, values in cases.items():
    lines.append(f"static const double golden_{name}[] = {{{', '.join(repr(v) for v in values)}}};")
pathlib.Path(__file__).with_name("optimiser.h").write_text("\n".join(lines) + "\n")
