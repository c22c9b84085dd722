"""Reading pages: engines, and the cleaning that makes pages readable."""

import os

# ONNX Runtime would keep an id of the machine in the user's folder and report to its maker over the network. It looks
# at this variable when it is loaded, which nothing but this package does.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
