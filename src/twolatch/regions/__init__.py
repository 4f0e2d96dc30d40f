"""Where cards go back to: regions with their addresses, telephones and working days, and how an address is written.

Facts stand in files, one for each region; the operator replaces the folder. Pure but for reading those files once.
"""

from twolatch.regions.addresses import Address, Field, Problem
from twolatch.regions.model import Phone, Post, Region, Regions
from twolatch.regions.reading import BadRegions, read, shipped

__all__ = [
    "Address",
    "BadRegions",
    "Field",
    "Phone",
    "Post",
    "Problem",
    "Region",
    "Regions",
    "read",
    "shipped",
]
