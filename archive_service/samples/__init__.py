"""An invented office: people, cases and the papers they leave behind, for demonstrations, tests and benchmarks."""
