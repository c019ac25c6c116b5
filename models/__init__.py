"""What can be computed from a matrix of cases."""
