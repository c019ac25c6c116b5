"""How people use a released model."""
