"""Turn a drawn clip into layers: a clean plate and one moving, soft-edged sprite per object."""

__version__ = "0.7.0"
