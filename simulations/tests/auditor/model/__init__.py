"""docs/model.md in plain Python: integers, fractions and lists; everything worked out anew whenever asked."""

from .day import Auditor

__all__ = ["Auditor"]
