"""What intake to expect: series of entries, the road from entry to pathway, capacity, targets."""
