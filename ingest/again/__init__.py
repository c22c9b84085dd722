"""Read pages again when reading has become better: chosen by filter, as jobs, the old reading kept."""
