"""Roofline model: cost of a network and its minimum time. Knows no runtime and no processor: peaks are passed in.

After Williams et al. 2009: a layer takes at least the time of its operations at the peak rate, and at least the time of
its memory traffic at the peak bandwidth; a network takes at least the sum over its layers.
"""

from tools.bench.roofline.costs import LayerCost, network_costs
from tools.bench.roofline.peaks import Bound, Peaks, bound_of, network_bound_ms

__all__ = ["Bound", "LayerCost", "Peaks", "bound_of", "network_bound_ms", "network_costs"]
