"""What a network costs and how fast a machine could be at best. It knows no runtime and no processor: peaks are given.

The roofline of Williams et al. 2009: a layer takes at least as long as its operations at the peak rate, and at least as
long as the bytes that it must read and write at the peak bandwidth; a network takes at least the sum over its layers.
"""

from tools.bench.roofline.costs import LayerCost, network_costs
from tools.bench.roofline.peaks import Bound, Peaks, bound_of, network_bound_ms

__all__ = ["Bound", "LayerCost", "Peaks", "bound_of", "network_bound_ms", "network_costs"]
