"""Models that name papers: learnt from confirmed documents, judged, put in use, taken back."""
