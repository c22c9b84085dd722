"""Engines that read pages keep what they see to themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOAD = """
import ingest.ocr
import onnxruntime
from pathlib import Path
model = next(Path(onnxruntime.__file__).parent.rglob("*.onnx"))
onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
"""


def test_the_runtime_keeps_no_id_of_the_machine_and_reports_to_nobody(tmp_path: Path) -> None:
    """It would write its id and what it has to send below the user's folder; nothing appears there."""
    environment = {"HOME": str(tmp_path), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "telemetry" not in done.stderr
    assert list(tmp_path.iterdir()) == []
