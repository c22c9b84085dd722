"""The four-property check (四性检测, DA/T 70): authentic, whole, usable and safe; at filing, at transfer, over time."""
