"""Primum measures and improves the medical safety of language models.

The story the packages tell: guideline → request → conversation → response → judgement →
statistic → report. Start with ``docs/architecture.md``, then ``primum.core``.
"""

__version__ = "0.1.0"
