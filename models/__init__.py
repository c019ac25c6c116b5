"""What can be computed from a matrix: estimates, intervals, reasons, suggestions, bundles."""

import os

# threads that wait for each other in a loop take the processor from whoever works: on a busy
# machine a fit on two threads took 12 to 15 s instead of 0.7 to 2.4 s; read when LightGBM is loaded
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
